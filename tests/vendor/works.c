// SPDX-License-Identifier: MIT
// Two vendors that nobody has, in the place of the real ones: each has what records may say of a request and what the
// real ones may lack. The program that they are built into sends to the test server, which answers what it got.
#include "bindings/catalogue/operation.h"
#include "bindings/catalogue/type.h"

#define END          \
    {                \
        .name = NULL \
    }

static const struct bd_enumeration colour = {
    .name = "colour",
    .doc = "colours",
    .choices = (const struct bd_choice[]){{.name = "red", .text = "RED", .doc = "red"},
                                          {.name = "blue", .text = "BLUE", .doc = "blue"},
                                          {.name = NULL}}};
static const struct bd_enumeration *const enumerations[] = {&colour, NULL};

static const struct bd_field window[] = {
    {.name = "size",
     .type = &bd_integer,
     .flags = BD_REQUIRED,
     .min = 1,
     .max = 9,
     .doc = "its size"},
    {.name = "open", .type = &bd_boolean, .flags = BD_NULLABLE, .doc = "whether it is open"},
    END};

static const struct bd_field wall[] = {
    {.name = "name",
     .type = &bd_string,
     .flags = BD_REQUIRED,
     .min = 1,
     .max = 5,
     .doc = "its name"},
    {.name = "colour", .type = &bd_string, .choices = &colour, .doc = "its colour"},
    {.name = "note", .type = &bd_text, .flags = BD_NULLABLE | BD_PERSONAL, .doc = "a note"},
    {.name = "tags", .type = &bd_string_list, .min = 1, .max = 3, .doc = "tags"},
    {.name = "since", .type = &bd_timestamp, .doc = "since when it stands"},
    {.name = "windows", .type = &bd_list, .fields = window, .doc = "its windows"},
    {.name = "more", .type = &bd_any, .doc = "anything"},
    END};

static const struct bd_field build_params[] = {
    {.name = "id", .type = &bd_id, .place = BD_IN_PATH, .flags = BD_REQUIRED, .doc = "which"},
    {.name = "part", .type = &bd_string, .place = BD_IN_PATH, .doc = "which part"},
    {.name = "deep", .type = &bd_flag, .place = BD_ASIDE, .doc = "all of it"},
    {.name = "q", .type = &bd_string, .place = BD_IN_QUERY, .doc = "a question"},
    {.name = "X-Note", .type = &bd_string, .place = BD_IN_HEADER, .doc = "a note"},
    {.name = "X-Pass",
     .type = &bd_secret_text,
     .place = BD_IN_HEADER,
     .flags = BD_SECRET,
     .doc = "a secret note"},
    {.name = "front", .type = &bd_object, .place = BD_IN_JSON, .fields = wall, .doc = "the front"},
    {.name = "walls", .type = &bd_list, .place = BD_IN_JSON, .fields = wall, .doc = "the walls"},
    {.name = "list", .type = &bd_list, .place = BD_IN_JSON, .doc = "a list of anything"},
    {.name = "object", .type = &bd_object, .place = BD_IN_JSON, .doc = "an object of anything"},
    {.name = "owner",
     .type = &bd_string,
     .place = BD_IN_JSON,
     .flags = BD_NULLABLE,
     .doc = "whose it is"},
    {.name = "mode", .type = &bd_string, .place = BD_IN_JSON, .fallback = "fast", .doc = "how"},
    {.name = "level", .type = &bd_integer, .place = BD_IN_JSON, .fallback = "3", .doc = "how far"},
    {.name = "quiet", .type = &bd_flag, .place = BD_IN_JSON, .doc = "without noise"},
    {.name = "numbers", .type = &bd_integer_list, .place = BD_IN_JSON, .doc = "numbers"},
    END};

static const struct bd_field whole_params[] = {
    {.name = "names", .type = &bd_string_list, .place = BD_IN_JSON, .doc = "names"},
    {.name = "mode", .type = &bd_string, .place = BD_IN_JSON, .fallback = "fast", .doc = "how"},
    {.name = "body", .type = &bd_any, .place = BD_IN_BODY, .doc = "all of it"},
    END};

static const struct bd_rule whole_rules[] = {
    {.kind = BD_ONE_OF, .names = {"names", "body"}, .doc = "give names or body, one of them"},
    {.kind = BD_NOT_BOTH, .names = {"mode", "body"}, .doc = "mode is not for a body"},
    {.doc = NULL}};

static const char *const KEY[] = {"id", NULL};
static const char *const WHOLE_KEY[] = {"names", "body", NULL};

#define WRITES(name_of_key)                                                         \
    .result_kind = BD_RESULT_ANY, .effect = BD_EFFECT_UPDATE, .key = (name_of_key), \
    .probe = {.doc = "nothing tells"}

static const struct bd_operation operations[] = {
    {.name = "build",
     .summary = "Build a house",
     .section = "Houses",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/{id}[/{part}][?deep:/deep]",
     .params = build_params,
     WRITES(KEY),
     .example = "works.build { id = 1 }"},
    {.name = "drop",
     .summary = "Drop a house",
     .section = "Houses",
     .method = "DELETE",
     .endpoint = "base_url",
     .path = "/{id}[/{part}][?deep:/deep]",
     .params = build_params,
     WRITES(KEY),
     .example = "works.drop { id = 1 }"},
    {.name = "whole",
     .summary = "Send it as a whole",
     .section = "Houses",
     .method = "PUT",
     .endpoint = "base_url",
     .params = whole_params,
     .rules = whole_rules,
     WRITES(WHOLE_KEY),
     .example = "works.whole { names = \"a\" }"},
    {.name = "look",
     .summary = "Look at a house",
     .section = "Houses",
     .method = "GET",
     .endpoint = "base_url",
     .path = "/{id}",
     .params = (const struct bd_field[]){{.name = "id",
                                          .type = &bd_id,
                                          .place = BD_IN_PATH,
                                          .flags = BD_REQUIRED,
                                          .doc = "which"},
                                         END},
     .result_kind = BD_RESULT_ANY,
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "works.look { id = 1 }"},
    END};

static const struct bd_field settings[] = {
    {.name = "base_url", .type = &bd_url_type, .doc = "where it lives"},
    {.name = "user", .type = &bd_string, .doc = "who calls"},
    {.name = "password", .type = &bd_secret_text, .flags = BD_SECRET, .doc = "the password"},
    END};

static const struct bd_vendor works = {
    .name = "works",
    .title = "Works",
    .hello = {.doc = "nobody has to try it out"},
    .document = "Works API",
    .hosts = (const char *const[]){"works.example", NULL},
    .settings = settings,
    .enumerations = enumerations,
    .operations = operations,
    .auth = {.user = "user", .password = "password"},
};

static const struct bd_vendor keyed = {
    .name = "keyed",
    .title = "Keyed",
    .hello = {.doc = "nobody has to try it out"},
    .document = "Keyed API",
    .hosts = (const char *const[]){"keyed.example", NULL},
    .settings = settings,
    .enumerations = enumerations,
    .operations = (const struct bd_operation[]){{.name = "look",
                                                 .summary = "Look",
                                                 .section = "Houses",
                                                 .method = "GET",
                                                 .endpoint = "base_url",
                                                 .path = "/look",
                                                 .result_kind = BD_RESULT_ANY,
                                                 .effect = BD_EFFECT_READ,
                                                 .repeatable = true,
                                                 .example = "keyed.look()"},
                                                END},
    .auth = {.key = "password", .header = "X-Key: "},
};

const struct bd_vendor *const bd_vendors[] = {&works, &keyed, NULL};
