// SPDX-License-Identifier: MIT
// Base strings, headers, base64url, and nonces when the disk or another process is against it.
#include "unit.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bindings/bindings.h"
#include "bindings/catalogue/catalogue_module.h"
#include "bindings/lti/base_string.h"
#include "bindings/lti/lti.h"
#include "bindings/lti/nonce_store.h"
#include "bindings/lti/pairs.h"
#include "bindings/modules/modules.h"
#include "cli/sources.h"
#include "core/base64.h"
#include "core/error.h"
#include "core/runtime.h"
#include "core/script.h"
#include "core/transport_twin.h"

// ------------------------------------------------------------------------------------------------
// base64url

static void test_base64url_reverses(void **state)
{
    char bytes[64];
    (void)state;
    for (size_t len = 0; len <= sizeof bytes; len++) {
        struct bd_buf text = {0};
        struct bd_buf back = {0};
        for (size_t i = 0; i < len; i++) {
            bytes[i] = (char)(i * 41 + len * 7);
        }
        bd_base64url_encode(&text, bytes, len);
        assert_true(bd_base64url_decode(&back, text.data, text.len));
        assert_int_equal(back.len, len);
        if (len > 0) {
            assert_memory_equal(back.data, bytes, len);
        }
        bd_buf_free(&text);
        bd_buf_free(&back);
    }
}

static void test_base64url_is_strict(void **state)
{
    static const char *const WRONG[] = {"A",    "AAAAA", "AA==", "AAA=", "AA=",  "A+A",     "A/A",
                                        "AA\n", " AA",   "AB",   "AAB",  "A.AA", "\xc3\xa9"};
    struct bd_buf out = {0};
    (void)state;
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        assert_false(bd_base64url_decode(&out, WRONG[i], strlen(WRONG[i])));
    }
    out.len = 0;
    assert_true(bd_base64url_decode(&out, "AQAB-w", 6));
    assert_memory_equal(out.data, "\1\0\1\xfb", 4);
    assert_false(bd_base64url_decode(&out, "AQAB-x", 6));
    assert_false(bd_base64url_decode(&out, "AA\0A", 4));
    bd_buf_free(&out);
}

// ------------------------------------------------------------------------------------------------
// Headers and queries

static void check_header(const char *header, const char *expected, const char *wrong)
{
    struct bd_pairs pairs = {0};
    struct bd_buf text = {0};
    const char *why = bd_pairs_read_authorization(&pairs, header, strlen(header));
    if (wrong != NULL) {
        assert_non_null(why);
        assert_non_null(strstr(why, wrong));
    } else {
        assert_null(why);
        bd_base_string_parameters(&text, &pairs);
        assert_string_equal(bd_buf_text(&text), expected);
    }
    bd_buf_free(&text);
    bd_pairs_free(&pairs);
}

static void test_headers(void **state)
{
    (void)state;
    check_header("OAuth a=\"1\"", "a=1", NULL);
    check_header("oAUTH\t b=\"2\" , a=\"%20+\"", "a=%20%2B&b=2", NULL);
    check_header("OAuth realm=\"x\\\"y\",a=\"\"", "a=", NULL);
    check_header("OAuth a=\"1\",a=\"0\"", "a=0&a=1", NULL);
    check_header("OAuth %61=\"1\"", "a=1", NULL);
    check_header("OAuth", NULL, "scheme");
    check_header("OAuthx a=\"1\"", NULL, "scheme");
    check_header("OAuth ", NULL, "no name");
    check_header("OAuth =\"1\"", NULL, "no name");
    check_header("OAuth a", NULL, "no value");
    check_header("OAuth a=", NULL, "no value");
    check_header("OAuth a=1", NULL, "no value");
    check_header("OAuth a=\"", NULL, "does not end");
    check_header("OAuth a=\"\\\"", NULL, "escaped");
    check_header("OAuth realm=\"\\", NULL, "does not end");
    check_header("OAuth a=\"%\"", NULL, "escape");
    check_header("OAuth a=\"%4\"", NULL, "escape");
    check_header("OAuth a=\"%FF\"", NULL, "UTF-8");
    check_header("OAuth a=\"1\" b=\"2\"", NULL, "comma");
    check_header("OAuth a=\"1\",", NULL, "no name");
}

static void test_queries(void **state)
{
    static const char QUERY[] = "&b=2+3&&=x&a&c=%3D=&b=1&";
    struct bd_pairs pairs = {0};
    struct bd_buf text = {0};
    (void)state;
    assert_null(bd_pairs_read_query(&pairs, QUERY, sizeof QUERY - 1));
    bd_base_string_parameters(&text, &pairs);
    assert_string_equal(bd_buf_text(&text), "=x&a=&b=1&b=2%203&c=%3D%3D");
    assert_non_null(bd_pairs_read_query(&pairs, "%g", 2));
    assert_non_null(bd_pairs_read_query(&pairs, "a=%C3", 5));
    bd_buf_free(&text);
    bd_pairs_free(&pairs);
}

static void test_order_is_by_bytes_and_by_name_first(void **state)
{
    static const char *const PAIRS[][2] = {{"a", "~"}, {"a.", ""}, {"a", ""},        {"a-", "1"},
                                           {"B", "1"}, {"a", "A"}, {"\xc3\xa9", ""}, {"a", "a"}};
    struct bd_pairs pairs = {0};
    struct bd_buf text = {0};
    (void)state;
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
        bd_pairs_add(&pairs, PAIRS[i][0], strlen(PAIRS[i][0]), PAIRS[i][1], strlen(PAIRS[i][1]));
    }
    bd_base_string_parameters(&text, &pairs);
    assert_string_equal(bd_buf_text(&text), "%C3%A9=&B=1&a=&a=A&a=a&a=~&a-=1&a.=");
    bd_buf_free(&text);
    bd_pairs_free(&pairs);
}

// ------------------------------------------------------------------------------------------------
// Nonces

struct place {
    char folder[32];
    char path[64];
    char journal[80];
    char turn[80];
};

static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    strcpy(place->folder, "/tmp/beadle.XXXXXX"); // NOLINT
    assert_non_null(mkdtemp(place->folder));
    (void)snprintf(place->path, sizeof place->path, "%s/nonces", place->folder);
    (void)snprintf(place->journal, sizeof place->journal, "%s-journal", place->path);
    (void)snprintf(place->turn, sizeof place->turn, "%s-turn", place->path);
    *state = place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    (void)unlink(place->journal);
    (void)unlink(place->turn);
    (void)unlink(place->path);
    (void)rmdir(place->folder);
    free(place);
    return 0;
}

static enum bd_nonce_result use(struct bd_nonce_store *store, const char *nonce, char *wrong,
                                size_t size)
{
    return bd_nonce_store_use(store, "owner", 5, nonce, strlen(nonce), 2000, 1000, wrong, size);
}

static void test_another_who_keeps_the_file_is_an_error(void **state)
{
    const struct place *place = *state;
    struct bd_nonce_store store;
    sqlite3 *other = NULL;
    char wrong[256] = "";
    assert_true(bd_nonce_store_open(&store, place->path, wrong, sizeof wrong));
    assert_int_equal(sqlite3_open(place->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(use(&store, "a", wrong, sizeof wrong), BD_NONCE_FAILED);
    assert_non_null(strstr(wrong, "locked"));
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(use(&store, "a", wrong, sizeof wrong), BD_NONCE_NEW);
    assert_int_equal(use(&store, "a", wrong, sizeof wrong), BD_NONCE_USED);
    (void)sqlite3_close(other);
    bd_nonce_store_close(&store);
}

static void test_no_room_is_an_error(void **state)
{
    const struct place *place = *state;
    struct bd_nonce_store store;
    char wrong[256] = "";
    char nonce[16];
    int kept = 0;
    enum bd_nonce_result result;
    assert_true(bd_nonce_store_open(&store, place->path, wrong, sizeof wrong));
    assert_int_equal(sqlite3_exec(store.db, "PRAGMA max_page_count = 20", NULL, NULL, NULL),
                     SQLITE_OK);
    do {
        (void)snprintf(nonce, sizeof nonce, "n%d", kept++);
        result = use(&store, nonce, wrong, sizeof wrong);
    } while (result == BD_NONCE_NEW && kept < 100000);
    assert_int_equal(result, BD_NONCE_FAILED);
    assert_non_null(strstr(wrong, "full"));
    assert_int_equal(use(&store, nonce, wrong, sizeof wrong), BD_NONCE_FAILED);
    assert_int_equal(use(&store, "n0", wrong, sizeof wrong), BD_NONCE_USED);
    assert_int_equal(sqlite3_exec(store.db, "PRAGMA max_page_count = 1000", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(use(&store, nonce, wrong, sizeof wrong), BD_NONCE_NEW);
    bd_nonce_store_close(&store);
}

static void test_a_file_of_another_is_not_touched(void **state)
{
    const struct place *place = *state;
    struct bd_nonce_store store;
    sqlite3 *other = NULL;
    char wrong[256] = "";
    assert_int_equal(sqlite3_open(place->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "CREATE TABLE mine (x)", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(other);
    assert_int_equal(chmod(place->path, S_IRUSR | S_IWUSR), 0);
    assert_false(bd_nonce_store_open(&store, place->path, wrong, sizeof wrong));
    assert_non_null(strstr(wrong, "no file of nonces"));
    assert_null(store.db);
}

static void test_a_log_of_another_kind_is_left(void **state)
{
    const struct place *place = *state;
    struct bd_nonce_store store;
    sqlite3 *other = NULL;
    char wrong[256] = "";
    assert_true(bd_nonce_store_open(&store, place->path, wrong, sizeof wrong));
    bd_nonce_store_close(&store);
    assert_int_equal(sqlite3_open(place->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "PRAGMA journal_mode = WAL", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "SELECT * FROM used", NULL, NULL, NULL), SQLITE_OK);
    bool opened = bd_nonce_store_open(&store, place->path, wrong, sizeof wrong);
    assert_false(opened); // while it is in use that way
    (void)sqlite3_close(other);
    assert_true(bd_nonce_store_open(&store, place->path, wrong, sizeof wrong));
    bd_nonce_store_close(&store);
}

// ------------------------------------------------------------------------------------------------
// In the sandbox's own Lua state

static const char TWIN[] =
    "local oauth1, jwt = require 'beadle.lti.oauth1', require 'beadle.lti.jwt'\n"
    "local keys, nonces = require 'beadle.lti.keys', require 'beadle.lti.nonces'\n"
    "local url = 'https://tool.example.org/'\n"
    "local form = oauth1.sign_form { url = url, fields = { a = 1 }, key = 'k', secret = 's' }\n"
    "local request = { method = 'POST', url = url, fields = form, nonces = nonces.open { table = "
    "{} },\n"
    "  lookup = function() return 's' end }\n"
    "assert(oauth1.verify(request).key == 'k')\n"
    "assert(select(2, oauth1.verify(request)) == 'replayed_nonce')\n"
    "local key = keys.load(beadle.fs.read 'tests/fixtures/lti/test_key.pem')\n"
    "local now = math.floor(wall_clock())\n"
    "local token = jwt.sign({ iss = 'i', aud = 'a', exp = now + 9, iat = now, nonce = 'n' }, key)\n"
    "local find = jwt.jwks { fetch = function() return { keys = { key:jwk() } } end }\n"
    "assert(jwt.verify(token, { keys = find, issuer = 'i', audience = 'a', nonce = 'n' }))\n"
    "assert(tostring(key:pem()) == '[secret private key]')\n"
    "nonce = oauth1.nonce()\n"
    "return {}\n";

static char twin_nonce[64];

static void open_twin(lua_State *T)
{
    bd_script_add_module(T, "beadle.fs", bd_fs_module);
    bd_script_add_module(T, "beadle.json", bd_json_module);
    bd_script_add_module(T, "beadle.catalogue", bd_catalogue_module);
    bd_lti_add_modules(T);
    if (luaL_loadbufferx(T, TWIN, sizeof TWIN - 1, "=twin", "t") != LUA_OK) {
        bd_error_rethrow(T);
    }
    lua_call(T, 0, 1);
    lua_getglobal(T, "nonce");
    (void)snprintf(twin_nonce, sizeof twin_nonce, "%s", lua_tostring(T, -1));
    lua_pop(T, 1);
}

static void run_twin(uint64_t seed, char *nonce, size_t size)
{
    const struct bd_options options = {.wall_start = 1767225600, .seeded = true, .seed = seed};
    struct bd_runtime *rt = bd_runtime_open(&options);
    bd_script_set_sources(rt, bd_sources);
    bd_script_open(rt->L);
    bd_bindings_open(rt);
    assert_non_null(bd_twin_open(rt->L, open_twin));
    (void)snprintf(nonce, size, "%s", twin_nonce);
    bd_runtime_close(rt, 0);
}

static void test_all_of_it_works_in_the_sandbox_by_its_seed(void **state)
{
    char first[64];
    char second[64];
    char other[64];
    (void)state;
    run_twin(7, first, sizeof first);
    run_twin(7, second, sizeof second);
    run_twin(8, other, sizeof other);
    assert_int_equal(strlen(first), 32);
    assert_string_equal(first, second);
    assert_string_not_equal(first, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64url_reverses),
        cmocka_unit_test(test_base64url_is_strict),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_order_is_by_bytes_and_by_name_first),
        cmocka_unit_test(test_all_of_it_works_in_the_sandbox_by_its_seed),
        cmocka_unit_test_setup_teardown(test_another_who_keeps_the_file_is_an_error, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(test_no_room_is_an_error, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_a_file_of_another_is_not_touched, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(test_a_log_of_another_kind_is_left, make_place,
                                        remove_place),
    };
    return RUN_TESTS(tests);
}
