// SPDX-License-Identifier: MIT
#include "bindings.h"

#include "catalogue/catalogue_module.h"
#include "catalogue/perform.h"
#include "core/observe.h"
#include "core/runtime.h"
#include "core/script.h"
#include "lti/lti.h"
#include "lti/xml.h"
#include "modules/modules.h"
#include "sandbox/sandbox.h"

void bd_bindings_open(struct bd_runtime *rt)
{
    static const struct {
        const char *name;
        lua_CFunction open;
    } MODULES[] = {
        {"beadle.json", bd_json_module},
        {"beadle.task", bd_task_module},
        {"beadle.time", bd_time_module},
        {"beadle.log", bd_log_module},
        {"beadle.fs", bd_fs_module},
        {"beadle.lock", bd_lock_module},
        {"beadle.digest", bd_digest_module},
        {"beadle.observe", bd_observe_module},
        {"beadle.test.native", bd_test_module},
        {"beadle.sqlite", bd_sqlite_module},
        {"beadle.http.native", bd_http_module},
        {"beadle.database", bd_database_module},
        {"beadle.config.native", bd_config_module},
        {"beadle.hook.native", bd_hook_module},
        {"beadle.sandbox.native", bd_sandbox_module},
        {"beadle.catalogue", bd_catalogue_module},
        {"beadle.lti.xml", bd_lti_xml_module},
    };
    for (size_t i = 0; i < sizeof MODULES / sizeof *MODULES; i++) {
        bd_script_add_module(rt->L, MODULES[i].name, MODULES[i].open);
    }
    bd_lti_add_modules(rt->L);
    bd_vendors_open(rt->L);
    bd_sandbox_install(rt);
}
