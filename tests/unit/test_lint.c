// SPDX-License-Identifier: MIT
// Every rule of lint.c: a vendor without a fault, then one broken in one place, and the line that says so.
#include "unit.h"

#include "bindings/catalogue/lint.h"
#include "bindings/catalogue/type.h"

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *const WALL[] = {"wall", NULL};

enum { PARAMS = 5, RESULTS = 3, SETTINGS = 3, CHOICES = 3 };

// A vendor with one operation of each sort, all of it writable.
struct fixture {
    struct bd_vendor vendor;
    struct bd_choice choices[CHOICES];
    struct bd_enumeration colour;
    const struct bd_enumeration *enumerations[3];
    struct bd_field settings[SETTINGS + 1];
    struct bd_field params[PARAMS + 1];
    struct bd_rule rules[2];
    struct bd_variant variants[3];
    struct bd_field result[RESULTS + 1];
    struct bd_field members[2];
    struct bd_answer answers[2];
    struct bd_vendor_error errors[3];
    struct bd_field token_params[2];
    struct bd_field token_result[3];
    struct bd_budget budgets[2];
    struct bd_probe_ask ask[3];
    struct bd_probe_match match[2];
    struct bd_probe_result made[2];
    struct bd_probe also;
    struct bd_operation operations[4];
};

enum { PAINT, LOOK, SIGN_IN };

static void fill_fields(struct fixture *f)
{
    const struct bd_field settings[] = {
        {.name = "base_url", .type = &bd_url_type, .doc = "where it lives"},
        {.name = "token_url", .type = &bd_url_type, .doc = "where tokens are fetched"},
        {.name = "key", .type = &bd_secret_text, .flags = BD_SECRET, .doc = "the account's key"},
    };
    const struct bd_field params[] = {
        {.name = "colour",
         .type = &bd_integer,
         .flags = BD_REQUIRED,
         .choices = &f->colour,
         .fallback = "1",
         .doc = "the colour"},
        {.name = "wall",
         .type = &bd_integer,
         .place = BD_IN_PATH,
         .flags = BD_REQUIRED,
         .doc = "which wall"},
        {.name = "is_red",
         .type = &bd_boolean,
         .means = "colour",
         .when_true = 1,
         .when_false = 2,
         .doc = "the colour in words"},
        {.name = "as_link", .type = &bd_flag, .doc = "answer with a link"},
        {.name = "coats", .type = &bd_integer, .min = 1, .max = 9, .doc = "how many coats"},
    };
    const struct bd_field result[] = {
        {.name = "paint_id", .type = &bd_integer, .doc = "id of the coat"},
        {.name = "colour", .type = &bd_integer, .choices = &f->colour, .doc = "the colour"},
        {.name = "walls", .type = &bd_list, .fields = f->members, .doc = "one a wall"},
    };
    memcpy(f->settings, settings, sizeof settings);
    memcpy(f->params, params, sizeof params);
    memcpy(f->result, result, sizeof result);
    f->members[0] = (struct bd_field){.name = "wall", .type = &bd_integer, .doc = "which wall"};
}

static void fill_token(struct fixture *f)
{
    f->token_params[0] = (struct bd_field){.name = "key",
                                           .type = &bd_secret_text,
                                           .flags = BD_REQUIRED | BD_SECRET,
                                           .setting = "key",
                                           .doc = "the account's key"};
    f->token_result[0] = (struct bd_field){
        .name = "token", .type = &bd_secret_text, .flags = BD_SECRET, .doc = "the token"};
    f->token_result[1] =
        (struct bd_field){.name = "lifetime", .type = &bd_integer, .doc = "seconds until it ends"};
    f->vendor.auth = (struct bd_auth){.operation = "sign_in",
                                      .token = "token",
                                      .lifetime = "lifetime",
                                      .default_lifetime = 60,
                                      .header = "Authorization: Bearer "};
}

static void fill_variants(struct fixture *f)
{
    static const struct bd_probe NONE = {.doc = "nothing tells"};
    f->variants[0] = (struct bd_variant){.value = 1,
                                         .summary = "paint it red",
                                         .effect = BD_EFFECT_SPEND,
                                         .key = WALL,
                                         .probe = NONE};
    f->variants[1] = (struct bd_variant){.value = 2,
                                         .name = "paint_blue",
                                         .summary = "paint it blue",
                                         .example = "works.paint_blue { wall = 1 }",
                                         .effect = BD_EFFECT_SPEND,
                                         .key = WALL,
                                         .probe = NONE};
}

static void fill_operations(struct fixture *f)
{
    const struct bd_operation operations[] = {
        [PAINT] = {.name = "paint",
                   .summary = "Paint a wall",
                   .doc = "The wall is painted.",
                   .section = "Walls",
                   .method = "POST",
                   .endpoint = "base_url",
                   .path = "/walls/{wall}",
                   .params = f->params,
                   .rules = f->rules,
                   .selector = "colour",
                   .variants = f->variants,
                   .result = f->result,
                   .answers = f->answers,
                   .errors = f->errors,
                   .effect = BD_EFFECT_SPEND,
                   .budgets = f->budgets,
                   .key = WALL,
                   .probe = {.doc = "nothing tells"},
                   .caution = "Paint does not come off.",
                   .example = "works.paint { wall = 1 }"},
        [LOOK] = {.name = "look",
                  .summary = "Look at the walls",
                  .section = "Walls",
                  .method = "GET",
                  .endpoint = "base_url",
                  .effect = BD_EFFECT_READ,
                  .repeatable = true,
                  .example = "works.look()"},
        [SIGN_IN] = {.name = "sign_in",
                     .summary = "Fetch a token",
                     .section = "Tokens",
                     .method = "POST",
                     .endpoint = "token_url",
                     .params = f->token_params,
                     .result = f->token_result,
                     .effect = BD_EFFECT_READ,
                     .repeatable = true,
                     .without_token = true,
                     .example = "works.sign_in()"},
    };
    memcpy(f->operations, operations, sizeof operations);
}

// Has the first variant tell by a read that is in order.
static struct bd_probe *read_of(struct fixture *f)
{
    f->ask[0] = (struct bd_probe_ask){.name = "key", .param = "coats"};
    f->match[0] = (struct bd_probe_match){.member = "wall", .param = "wall"};
    f->variants[0].probe = (struct bd_probe){.kind = BD_PROBE_READ,
                                             .operation = "sign_in",
                                             .doc = "sign_in tells",
                                             .ask = f->ask,
                                             .match = f->match,
                                             .result = f->made};
    f->made[0] = (struct bd_probe_result){.name = "paint_id", .member = "id"};
    return &f->variants[0].probe;
}

static void fill(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    f->choices[0] = (struct bd_choice){1, "red", "red as brick"};
    f->choices[1] = (struct bd_choice){2, "blue", "blue as the sky"};
    f->colour =
        (struct bd_enumeration){.name = "colours", .doc = "what there is", .choices = f->choices};
    f->enumerations[0] = &f->colour;
    f->rules[0] = (struct bd_rule){
        .kind = BD_NEEDS, .names = {"coats", "wall"}, .doc = "coats are on a wall"};
    f->answers[0] = (struct bd_answer){
        "as_link", BD_ANSWER_REDIRECT, {.name = "location", .type = &bd_string, .doc = "the link"}};
    f->errors[0] = (struct bd_vendor_error){
        .code = 7, .kind = BD_CONFLICT, .meaning = "the wall is wet", .hint = "Wait a day."};
    f->errors[1] =
        (struct bd_vendor_error){.code = 8, .kind = BD_NOT_FOUND, .meaning = "there is no wall"};
    fill_fields(f);
    f->budgets[0] = (struct bd_budget){.unit = "coats", .persons = WALL};
    fill_variants(f);
    fill_operations(f);
    f->vendor = (struct bd_vendor){.name = "works",
                                   .title = "Works",
                                   .hello = {.doc = "every operation needs a wall"},
                                   .document = "Works API",
                                   .settings = f->settings,
                                   .enumerations = f->enumerations,
                                   .operations = f->operations,
                                   .settle = 60};
    fill_token(f);
}

// The vendor has exactly these faults.
static void check(struct fixture *f, const char *wanted)
{
    struct bd_buf out = {0};
    size_t lines = 0;
    size_t count = bd_lint_vendor(&f->vendor, &out);
    for (const char *c = wanted; *c != '\0'; c++) {
        lines += *c == '\n' ? 1 : 0;
    }
    assert_string_equal(bd_buf_text(&out), wanted);
    assert_int_equal(count, lines);
    bd_buf_free(&out);
}

// A test: what is broken, and the lines that say so.
#define RULE(name, wanted, ...)    \
    static void name(void **state) \
    {                              \
        struct fixture f;          \
        (void)state;               \
        fill(&f);                  \
        __VA_ARGS__;               \
        check(&f, wanted);         \
    }

RULE(a_vendor_without_a_fault_has_none, "", (void)0)

// ------------------------------------------------------------------------------------------------
// The vendor

RULE(a_vendor_has_a_title, "works: it has no title or no document\n", f.vendor.title = "")
RULE(a_vendor_says_hello, "works: it has no operation to say hello with, and does not say why\n",
     f.vendor.hello.doc = NULL)
RULE(hello_is_a_read, "works: hello is said with no known read\n",
     f.vendor.hello = (struct bd_hello){.operation = f.operations[PAINT].name})
RULE(hello_is_known, "works: hello is said with no known read\n",
     f.vendor.hello = (struct bd_hello){.operation = "wave"})
RULE(hello_gives_what_is_known, "works: hello is said with a parameter that is not known\n",
     f.vendor.hello = (struct bd_hello){.operation = f.operations[SIGN_IN].name, .argument = "x=1"})
RULE(a_vendor_has_a_document, "works: it has no title or no document\n", f.vendor.document = NULL)
RULE(an_enumeration_has_a_sentence, "works: colours has no sentence\n", f.colour.doc = NULL)
RULE(an_enumeration_has_choices,
     "works: the enumeration colours has no choices\n"
     "works.paint: the value that colour has by default is none of its choices\n"
     "works.paint: the variant paint has a value that is no choice\n"
     "works.paint: the variant paint_blue has a value that is no choice\n",
     f.choices[0].name = NULL)
RULE(a_choice_is_in_snake_case, "works: colours.Blue is not in snake_case\n",
     f.choices[1].name = "Blue")
RULE(a_choice_has_a_sentence, "works: blue has no sentence\n", f.choices[1].doc = "")
RULE(a_choice_stands_there_once, "works: colours says red twice\n", f.choices[1].name = "red")
RULE(calls_are_signed_with_settings, "works: calls are signed with secret, which is no setting\n",
     f.vendor.auth.key = "secret")
RULE(launches_use_settings, "works: launches by LTI use secret, which is no setting\n",
     f.vendor.lti.url = "base_url";
     f.vendor.lti.secret = "secret")
RULE(a_name_has_a_password, "works: calls are signed with a name or a password alone\n",
     f.vendor.auth.user = "key")
RULE(what_was_removed_says_why, "works.look: why it was removed does not end with a full stop\n",
     f.operations[LOOK].removed = "gone";
     f.operations[LOOK].example = NULL)
RULE(an_enumeration_is_no_operation, "works: look is an operation and an enumeration\n",
     f.colour.name = "look")
RULE(a_setting_has_a_sentence, "works: the sentence of key ends with a full stop\n",
     f.settings[2].doc = "the account's key.")
RULE(a_setting_has_a_type, "works: the setting token_url has no type\n", f.settings[1].type = NULL)
RULE(a_setting_stands_there_once,
     "works: the setting base_url stands there twice\n"
     "works.sign_in: its address is in token_url, which is no setting\n",
     f.settings[1].name = "base_url")
RULE(the_token_has_an_operation,
     "works: tokens are fetched by no known operation without a token\n",
     f.vendor.auth.operation = "log_in")
RULE(the_tokens_operation_needs_none,
     "works: tokens are fetched by no known operation without a token\n",
     f.operations[SIGN_IN].without_token = false)
RULE(the_token_is_a_secret,
     "works: sign_in does not answer the token as a secret, and its lifetime\n",
     f.token_result[0] = (struct bd_field){.name = "token", .type = &bd_string, .doc = "the token"})
RULE(the_tokens_lifetime_is_answered,
     "works: sign_in does not answer the token as a secret, and its lifetime\n",
     f.token_result[1].name = "expiry")
RULE(tokens_have_a_header, "works: tokens have no header or no lifetime of their own\n",
     f.vendor.auth.header = NULL)
RULE(tokens_have_a_lifetime, "works: tokens have no header or no lifetime of their own\n",
     f.vendor.auth.default_lifetime = 0)

static void a_vendors_own_errors_are_checked(void **state)
{
    const struct bd_vendor_error errors[] = {{.code = 9, .kind = BD_REJECTED}, {.code = 0}};
    struct fixture f;
    (void)state;
    fill(&f);
    f.vendor.errors = errors;
    check(&f, "works: the error 9 has no sentence\n");
}

static void what_calls_have_in_common_is_checked(void **state)
{
    const struct bd_field common[] = {{.name = "wall", .type = &bd_integer, .doc = "which wall"},
                                      {.name = NULL}};
    struct fixture f;
    (void)state;
    fill(&f);
    f.vendor.common = common;
    check(&f, "works.paint: the parameter wall stands there twice\n");
}

// ------------------------------------------------------------------------------------------------
// Operations

RULE(an_operation_is_in_snake_case, "works.Look: the name is not in snake_case\n",
     f.operations[LOOK].name = "Look";
     f.operations[LOOK].example = "works.Look()")
RULE(an_operation_has_a_sentence, "works.look: the operation has no sentence\n",
     f.operations[LOOK].summary = NULL)
RULE(its_sentence_has_no_full_stop,
     "works.look: the sentence of the operation ends with a full stop\n",
     f.operations[LOOK].summary = "Look at the walls.")
RULE(its_text_ends_with_a_full_stop, "works.paint: its text does not end with a full stop\n",
     f.operations[PAINT].doc = "the wall is painted")
RULE(its_caution_ends_with_a_full_stop, "works.paint: its caution does not end with a full stop\n",
     f.operations[PAINT].caution = "")
RULE(an_operation_has_a_section, "works.look: it has no section\n",
     f.operations[LOOK].section = NULL)
RULE(an_operation_has_a_method, "works.look: it has no method\n", f.operations[LOOK].method = "")
RULE(an_operation_has_an_endpoint, "works.look: it has no endpoint\n",
     f.operations[LOOK].endpoint = NULL)
RULE(an_operation_has_an_example, "works.look: it has no example\n",
     f.operations[LOOK].example = NULL)
RULE(an_example_calls_the_operation, "works.look: the example of look does not call it\n",
     f.operations[LOOK].example = "works.paint { wall = 1 }")
RULE(an_endpoint_is_a_setting, "works.look: its address is in url, which is no setting\n",
     f.operations[LOOK].endpoint = "url")
RULE(an_operation_stands_there_once,
     "works.look: its name stands for something else too\n"
     "works.look: its name stands for something else too\n"
     "works.look: the example of look does not call it\n",
     f.operations[SIGN_IN].name = "look";
     f.vendor.auth.operation = NULL)
static void a_table_is_carried_on_by_another(void **state)
{
    struct fixture f;
    struct bd_operation rest[3];
    const struct bd_variant *variant;
    (void)state;
    fill(&f);
    memcpy(rest, &f.operations[LOOK], sizeof rest);
    rest[0].summary = NULL;
    memset(&f.operations[LOOK], 0, sizeof rest);
    f.operations[LOOK].more = rest;
    check(&f, "works.look: the operation has no sentence\n");
    assert_ptr_equal(bd_operation_first(&f.vendor), &f.operations[PAINT]);
    assert_ptr_equal(bd_operation_next(&f.operations[PAINT]), &rest[0]);
    assert_ptr_equal(bd_operation_find(&f.vendor, "sign_in", &variant), &rest[1]);
    assert_null(bd_operation_next(&rest[1]));
}

RULE(a_variant_is_no_other_operation, "works.look: its name stands for something else too\n",
     f.variants[1].name = "look";
     f.variants[1].example = "works.look()")

// ------------------------------------------------------------------------------------------------
// Parameters

RULE(a_parameter_has_a_name, "works.paint: a parameter has no name or no type\n",
     f.params[4].name = "";
     f.rules[0].names[0] = "as_link")
RULE(a_parameter_has_a_type, "works.paint: a parameter has no name or no type\n",
     f.params[4].type = NULL)
RULE(a_parameter_has_a_sentence, "works.paint: coats has no sentence\n", f.params[4].doc = NULL)
RULE(a_parameter_stands_there_once, "works.paint: the parameter wall stands there twice\n",
     f.params[4].name = "wall";
     f.rules[0].names[0] = "as_link")
RULE(choices_do_not_mix, "works: colours mixes texts and numbers\n", f.choices[1].text = "blue")
RULE(choices_are_of_their_type, "works.paint: coats has choices of another type\n",
     f.params[4].type = &bd_string;
     f.params[4].choices = &f.colour)
RULE(choices_are_an_enumeration,
     "works.paint: the choices of colour are no enumeration of the vendor\n"
     "works.paint: the choices of colour are no enumeration of the vendor\n",
     f.enumerations[0] = NULL)
RULE(bounds_leave_something, "works.paint: the bounds of coats leave nothing\n",
     f.params[4].max = 0)
RULE(a_secret_is_marked, "works.sign_in: key is of the secret type and is not marked secret\n",
     f.token_params[0].flags = BD_REQUIRED)
RULE(a_default_is_a_choice,
     "works.paint: the value that colour has by default is none of its choices\n",
     f.params[0].fallback = "3")
RULE(an_alias_means_a_parameter,
     "works.paint: is_red means shade, which is no parameter\n"
     "works.paint: is_red is no boolean that means an integer\n",
     f.params[2].means = "shade")
RULE(an_alias_is_not_required, "works.paint: is_red is another name and is required\n",
     f.params[2].flags = BD_REQUIRED)
RULE(an_alias_in_words_is_a_boolean, "works.paint: is_red is no boolean that means an integer\n",
     f.params[2].type = &bd_string)
RULE(an_alias_in_words_means_an_integer,
     "works.paint: is_red is no boolean that means an integer\n", f.params[2].means = "as_link")
RULE(a_parameter_in_the_path_is_required,
     "works.paint: wall stands in the path and is not required\n", f.params[1].flags = 0)
RULE(what_a_launch_carries_has_a_field,
     "works.paint: LTI carries wall, and no field of a launch is named for it\n",
     f.params[1].flags |= BD_LTI_CARRIES)
RULE(a_field_of_a_launch_needs_launches,
     "works.paint: wall is a field of launches, which the vendor does not take\n",
     f.params[1].lti = "user_id")
RULE(a_parameter_comes_from_a_setting,
     "works.sign_in: key comes from secret, which is no setting\n",
     f.token_params[0].setting = "secret")
RULE(a_placeholder_has_its_parameter, "works.paint: the path names side, which is no parameter\n",
     f.operations[PAINT].path = "/walls/{wall}/{side}")
RULE(a_parameter_in_the_path_has_its_placeholder,
     "works.paint: wall has a place where nothing uses it\n", f.operations[PAINT].path = NULL)
RULE(a_placeholder_is_of_a_parameter_in_the_path,
     "works.paint: wall stands in the path and not in its place\n", f.params[1].place = BD_IN_FORM)
RULE(a_path_is_well_formed, "works.paint: the path is malformed\n",
     f.operations[PAINT].path = "/walls/{wall}[/{wall}")
RULE(a_parameter_in_a_group_may_be_missing, "", f.params[1].flags = 0;
     f.operations[PAINT].path = "/walls[/{wall}]")
RULE(a_flag_may_choose_a_group, "", f.operations[PAINT].path = "/walls/{wall}[?as_link:/link]")
RULE(another_name_aside_needs_no_use, "", f.params[2].place = BD_ASIDE)
RULE(a_parameter_aside_is_used, "works.paint: as_link has a place where nothing uses it\n",
     f.answers[0].when = NULL;
     f.params[3].place = BD_ASIDE)
RULE(a_parameter_aside_may_choose_an_answer, "", f.params[3].place = BD_ASIDE)
RULE(a_body_is_made_in_one_way, "works.paint: its body is made in two ways\n",
     f.params[4].place = BD_IN_JSON)
RULE(a_whole_body_is_required, "works.sign_in: key is the body and is not required\n",
     f.token_params[0].place = BD_IN_BODY;
     f.token_params[0].flags = BD_SECRET)
RULE(a_whole_body_stands_for_members,
     "works.paint: no rule says that wall and colour are not given together\n",
     f.params[0].place = BD_IN_BODY;
     f.params[1].place = BD_IN_JSON; f.params[3].place = BD_ASIDE; f.params[4].place = BD_IN_QUERY;
     f.params[2].place = BD_IN_QUERY; f.operations[PAINT].path = "/walls")
RULE(a_whole_body_may_stand_for_members, "", f.params[0].place = BD_IN_BODY; f.params[0].flags = 0;
     f.params[1].place = BD_IN_JSON; f.params[1].flags = 0; f.params[2].place = BD_IN_QUERY;
     f.params[3].place = BD_ASIDE; f.params[4].place = BD_IN_QUERY;
     f.operations[PAINT].path = "/walls";
     f.rules[0] = (struct bd_rule){
         .kind = BD_ONE_OF, .names = {"wall", "colour"}, .doc = "give wall or colour"})
RULE(a_structure_travels_as_json, "works.sign_in: key is a structure outside of a JSON body\n",
     f.token_params[0].type = &bd_list)
RULE(members_of_a_parameter_are_checked, "works.sign_in: wall has no sentence\n",
     f.token_params[0].type = &bd_list;
     f.token_params[0].place = BD_IN_JSON; f.token_params[0].fields = f.members;
     f.members[0].doc = NULL; f.result[2].fields = NULL)
RULE(a_key_is_of_parameters, "works.paint: the key names side, which is no parameter\n",
     f.operations[PAINT].key = NAMES("side"))
RULE(a_rule_is_about_parameters, "works.paint: a rule names side, which is no parameter\n",
     f.rules[0].names[1] = "side")
RULE(a_rule_is_about_two, "works.paint: a rule is about one parameter, or none\n",
     f.rules[0].names[1] = NULL)
RULE(only_need_has_values, "works.paint: a rule has values and is none of need\n",
     f.rules[0].kind = BD_ANY_OF;
     f.rules[0].values[0] = 3)
RULE(a_rule_has_a_sentence, "works.paint: a rule has no sentence\n", f.rules[0].doc = NULL)

// ------------------------------------------------------------------------------------------------
// Effects

RULE(reading_is_repeatable, "works.look: look reads and is not repeatable\n",
     f.operations[LOOK].repeatable = false)
RULE(an_effect_has_a_key, "works.look: look has an effect and no natural key\n",
     f.operations[LOOK].effect = BD_EFFECT_DELETE;
     f.operations[LOOK].probe.doc = "nothing tells")
RULE(a_missing_probe_has_a_reason,
     "works.look: the key names wall, which is no parameter\n"
     "works.look: look has no probe and does not say why\n",
     f.operations[LOOK].effect = BD_EFFECT_DELETE;
     f.operations[LOOK].key = NAMES("wall"))
RULE(a_probe_has_a_sentence, "works.paint: its probe has no sentence\n",
     f.variants[0].probe = (struct bd_probe){.kind = BD_PROBE_REPEAT})
RULE(a_probe_asks_an_operation, "works.paint: the probe of paint asks no known operation\n",
     f.variants[0].probe = (struct bd_probe){
         .kind = BD_PROBE_READ, .operation = "stare", .doc = "stare tells"})
RULE(a_probe_that_reads_names_an_operation,
     "works.paint: the probe of paint asks no known operation\n",
     f.variants[0].probe = (struct bd_probe){.kind = BD_PROBE_READ, .doc = "something tells"})
RULE(a_probe_that_reads_may_be_in_order, "", (void)read_of(&f))
RULE(a_probe_only_reads,
     "works.paint: the probe of paint asks paint_blue, which does more than read\n"
     "works.paint: the probe of paint asks paint with key, which is no parameter\n"
     "works.paint: the probe of paint does not give wall, which paint requires\n",
     read_of(&f)->operation = "paint_blue")
RULE(a_probe_asks_with_parameters,
     "works.paint: the probe of paint asks sign_in with lock, which is no parameter\n",
     read_of(&f)->operation = "sign_in";
     f.ask[1] = (struct bd_probe_ask){.name = "lock", .text = "a"})
RULE(a_probe_takes_parameters,
     "works.paint: the probe of paint needs coat, which is no parameter\n", (void)read_of(&f);
     f.ask[0].param = "coat")
RULE(a_probe_takes_no_secret, "works.paint: the probe of paint needs coats, which is a secret\n",
     (void)read_of(&f);
     f.params[4].flags = BD_SECRET)
RULE(a_probe_asks_one_value, "works.paint: the probe of paint does not say one value of key\n",
     (void)read_of(&f);
     f.ask[0].text = "a")
RULE(a_probe_gives_what_is_required,
     "works.paint: the probe of paint does not give key, which sign_in requires\n",
     read_of(&f)->ask = NULL;
     f.token_params[0].setting = NULL)
RULE(a_probe_compares_with_a_parameter,
     "works.paint: the probe of paint needs well, which is no parameter\n", (void)read_of(&f);
     f.match[0].param = "well")
RULE(a_probe_compares_with_something,
     "works.paint: the probe of paint compares wall with nothing, or the reverse\n",
     (void)read_of(&f);
     f.match[0].param = NULL)
RULE(a_probe_is_about_the_effect, "works.paint: the probe of paint is the same for all effects\n",
     read_of(&f)->ask = NULL;
     f.variants[0].probe.match = NULL)
RULE(a_probe_makes_results, "works.paint: the probe of paint makes coat_id, which is no result\n",
     (void)read_of(&f);
     f.made[0].name = "coat_id")
RULE(a_probe_waits_for_a_known_code,
     "works.paint: the probe of paint waits for the code 7, which sign_in does not answer\n",
     read_of(&f)->code = 7)
RULE(a_repeat_waits_for_a_known_code,
     "works.paint: the probe of paint waits for the code 9, which paint does not answer\n",
     f.variants[0].probe = (struct bd_probe){
         .kind = BD_PROBE_REPEAT, .code = 9, .doc = "again tells"})
RULE(a_repeat_knows_its_own_codes, "",
     f.variants[0].probe = (struct bd_probe){
         .kind = BD_PROBE_REPEAT, .code = 7, .doc = "again tells"})
RULE(words_come_with_a_code, "works.paint: the probe of paint waits for words without a code\n",
     f.variants[0].probe = (struct bd_probe){
         .kind = BD_PROBE_REPEAT, .says = "wet", .doc = "again tells"})
RULE(a_repeat_reads_nothing, "works.paint: the probe of paint does not read, and says what\n",
     f.variants[0].probe = (struct bd_probe){
         .kind = BD_PROBE_REPEAT, .gone = true, .doc = "again tells"})
RULE(a_condition_has_a_reason, "works.paint: why its probe does not always tell has no sentence\n",
     read_of(&f)->when = "coats")
RULE(a_condition_is_a_parameter,
     "works.paint: the probe of paint needs coat, which is no parameter\n",
     read_of(&f)->single = "coat";
     f.variants[0].probe.otherwise = "one coat tells")
RULE(a_reason_has_a_condition, "works.paint: the probe of paint always tells, and says when not\n",
     read_of(&f)->otherwise = "never")
RULE(what_is_gone_is_not_told_apart,
     "works.paint: the probe of paint tells apart what shall be gone\n", read_of(&f)->gone = true;
     f.variants[0].probe.id = "id")
RULE(a_second_probe_is_linted, "works.paint: its probe has no sentence\n",
     read_of(&f)->also = &f.also;
     f.also = f.variants[0].probe; f.also.also = NULL; f.also.doc = NULL)
RULE(a_second_probe_is_the_last, "works.paint: the second probe of paint is no plain read\n",
     read_of(&f)->also = &f.also;
     f.also = f.variants[0].probe)
RULE(a_probe_needs_a_delay,
     "works.paint: paint has a probe, and nothing says how long to wait for it\n",
     (void)read_of(&f);
     f.vendor.settle = 0)
RULE(what_is_spent_is_counted, "works.paint: it sends or spends, and no budget counts it\n",
     f.budgets[0].unit = NULL)
RULE(a_budget_is_for_a_parameter,
     "works.paint: the budget coats is for walls, which is no parameter\n",
     f.budgets[0].persons = NAMES("walls"))
RULE(a_budget_depends_on_a_parameter,
     "works.paint: the budget coats depends on walls, which is no parameter\n",
     f.budgets[0].when = "walls")
RULE(a_budget_is_in_snake_case, "works.paint: the budget Coats is not in snake_case\n",
     f.budgets[0].unit = "Coats")
RULE(a_repeatable_effect_has_a_reason,
     "works.paint: paint_blue is a spend that may be repeated, and does not say why\n",
     f.variants[1].repeatable = true)
RULE(a_repeatable_update_needs_none, "", f.variants[1].effect = BD_EFFECT_UPDATE;
     f.variants[1].repeatable = true)

// ------------------------------------------------------------------------------------------------
// Variants

RULE(a_selector_has_variants, "works.paint: a selector without variants, or the reverse\n",
     f.operations[PAINT].variants = NULL)
RULE(variants_have_a_selector, "works.paint: a selector without variants, or the reverse\n",
     f.operations[PAINT].selector = NULL)
RULE(a_selector_is_a_parameter_with_choices,
     "works.paint: the selector coats is no parameter with choices\n",
     f.operations[PAINT].selector = "coats")
RULE(a_choice_has_its_variant, "works.paint: the choice blue has no variant\n",
     f.variants[1].summary = NULL)
RULE(a_variant_is_a_choice,
     "works.paint: the choice blue has no variant\n"
     "works.paint: the variant paint_blue has a value that is no choice\n",
     f.variants[1].value = 3)
RULE(a_variant_has_a_sentence, "works.paint: the sentence of a variant ends with a full stop\n",
     f.variants[1].summary = "Paint it blue.")
RULE(a_variant_has_an_example, "works.paint: the variant paint_blue has no example\n",
     f.variants[1].example = NULL)
RULE(a_variants_example_calls_it, "works.paint: the example of paint_blue does not call it\n",
     f.variants[1].example = "works.paint { wall = 1 }")
RULE(a_variants_key_is_of_parameters,
     "works.paint: a variant's key names side, which is no parameter\n",
     f.variants[1].key = NAMES("side"))
RULE(an_operation_says_what_it_does_by_default,
     "works.paint: what it says of itself is not what it does by default\n",
     f.operations[PAINT].effect = BD_EFFECT_READ)

static void a_variants_errors_are_checked(void **state)
{
    const struct bd_vendor_error errors[] = {{.code = 9, .kind = BD_REJECTED}, {.code = 0}};
    struct fixture f;
    (void)state;
    fill(&f);
    f.variants[1].errors = errors;
    check(&f, "works.paint: the error 9 has no sentence\n");
}

// ------------------------------------------------------------------------------------------------
// Answers

RULE(a_result_has_a_sentence, "works.paint: paint_id has no sentence\n", f.result[0].doc = "")
RULE(a_result_has_a_type, "works.paint: the result paint_id has no type\n", f.result[0].type = NULL)
RULE(a_results_choices_are_an_enumeration,
     "works.paint: the choices of paint_id are no enumeration of the vendor\n",
     struct bd_enumeration other = f.colour;
     f.result[0].choices = &other)
RULE(a_secret_result_is_marked,
     "works: sign_in does not answer the token as a secret, and its lifetime\n"
     "works.sign_in: token is of the secret type and is not marked secret\n",
     f.token_result[0].flags = 0)
RULE(a_structure_may_be_open, "", f.result[2].fields = NULL)
RULE(only_a_structure_has_members,
     "works.paint: the result paint_id has members and is no structure\n",
     f.result[0].fields = f.members)
RULE(members_are_checked, "works.paint: wall has no sentence\n", f.members[0].doc = NULL)
RULE(an_answer_has_a_sentence, "works.paint: location has no sentence\n",
     f.answers[0].field.doc = NULL)
RULE(an_answer_has_a_type, "works.paint: the result location has no type\n",
     f.answers[0].field.type = NULL)
RULE(an_answer_depends_on_a_flag,
     "works.paint: the answer location depends on coats, which is no flag\n",
     f.answers[0].when = "coats")
RULE(an_answer_depends_on_a_parameter,
     "works.paint: the answer location depends on link, which is no flag\n",
     f.answers[0].when = "link")
RULE(a_file_has_a_content_type,
     "works.paint: the answer location is a file without a content type, or the reverse\n",
     f.answers[0].kind = BD_ANSWER_BYTES)
RULE(an_error_has_a_meaning, "works.paint: the error 7 has no sentence\n",
     f.errors[0].meaning = NULL)
RULE(a_hint_ends_with_a_full_stop, "works.paint: its hint does not end with a full stop\n",
     f.errors[0].hint = "wait")
RULE(an_error_stands_there_once, "works.paint: the error 7 stands there twice\n",
     f.errors[1].code = 7)

// ------------------------------------------------------------------------------------------------

// ------------------------------------------------------------------------------------------------
// Members that stand flat in a body, tables, pages

static const struct bd_field MEMBERS[] = {{.name = "gloss", .type = &bd_text, .doc = "how glossy"},
                                          {.name = NULL}};
static const struct bd_field TWICE[] = {{.name = "gloss", .type = &bd_text, .doc = "how glossy"},
                                        {.name = "gloss", .type = &bd_text, .doc = "how glossy"},
                                        {.name = NULL}};

// Looks at the walls with one parameter.
static void check_param(struct bd_field param, const char *wanted)
{
    const struct bd_field params[] = {param, {.name = NULL}};
    struct fixture f;
    fill(&f);
    f.operations[LOOK].params = params;
    f.operations[LOOK].method = "POST";
    check(&f, wanted);
}

static void members_may_stand_flat(void **state)
{
    (void)state;
    check_param((struct bd_field){.name = "rest",
                                  .type = &bd_object,
                                  .place = BD_IN_JSON,
                                  .flags = BD_FLAT | BD_REST,
                                  .fields = MEMBERS,
                                  .doc = "further ones"},
                "");
}

static void what_is_flat_is_an_object_in_a_body(void **state)
{
    (void)state;
    check_param((struct bd_field){.name = "rest",
                                  .type = &bd_list,
                                  .place = BD_IN_JSON,
                                  .flags = BD_FLAT,
                                  .fields = MEMBERS,
                                  .doc = "further ones"},
                "works.look: rest is flat and no object in a JSON body\n");
}

static void what_takes_the_rest_has_members(void **state)
{
    (void)state;
    check_param((struct bd_field){.name = "rest",
                                  .type = &bd_object,
                                  .place = BD_IN_JSON,
                                  .flags = BD_FLAT | BD_REST,
                                  .doc = "further ones"},
                "works.look: rest takes the rest and is not flat, or has no members\n");
}

static void members_go_with_choices_that_have_some(void **state)
{
    (void)state;
    check_param((struct bd_field){.name = "rest",
                                  .type = &bd_object,
                                  .place = BD_IN_JSON,
                                  .flags = BD_FLAT | BD_REST,
                                  .fields_of = "colour",
                                  .doc = "further ones"},
                "works.look: the members of rest go with colour, whose choices have none\n");
}

RULE(a_result_goes_with_choices_that_have_members,
     "works.paint: its result goes with colour, whose choices have no members\n",
     f.operations[PAINT].result_of = "colour")

static void check_table(struct bd_table table, const char *wanted)
{
    const struct bd_table tables[] = {table, {.name = NULL}};
    struct fixture f;
    fill(&f);
    f.vendor.tables = tables;
    check(&f, wanted);
}

static void a_table_has_a_sentence(void **state)
{
    (void)state;
    check_table((struct bd_table){"Walls", "a wall", MEMBERS}, "");
    check_table((struct bd_table){"Walls", NULL, MEMBERS}, "works: Walls has no sentence\n");
}

static void a_table_has_each_name_once(void **state)
{
    (void)state;
    check_table((struct bd_table){"Walls", "a wall", TWICE},
                "works: the table Walls has gloss twice\n");
}

static void check_paging(struct bd_paging paging, const char *wanted)
{
    struct fixture f;
    fill(&f);
    f.operations[PAINT].paging = &paging;
    check(&f, wanted);
}

static void pages_are_in_the_result(void **state)
{
    (void)state;
    check_paging((struct bd_paging){"walls", "colour"}, "");
    check_paging((struct bd_paging){"colour", "colour"},
                 "works.paint: its pages keep their elements in colour, which is no list\n");
    check_paging((struct bd_paging){"walls", "next"},
                 "works.paint: its pages end with next, which is no field\n");
}

static void the_vendors_of_this_program_have_no_fault(void **state)
{
    struct bd_buf out = {0};
    (void)state;
    for (const struct bd_vendor *const *vendor = bd_vendors; *vendor != NULL; vendor++) {
        assert_int_equal(bd_lint_vendor(*vendor, &out), 0);
    }
    assert_string_equal(bd_buf_text(&out), "");
    bd_buf_free(&out);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_vendor_without_a_fault_has_none),
        T(a_vendor_says_hello),
        T(hello_is_a_read),
        T(hello_is_known),
        T(hello_gives_what_is_known),
        T(a_vendor_has_a_title),
        T(a_vendor_has_a_document),
        T(an_enumeration_has_a_sentence),
        T(an_enumeration_has_choices),
        T(a_choice_is_in_snake_case),
        T(a_choice_has_a_sentence),
        T(a_choice_stands_there_once),
        T(an_enumeration_is_no_operation),
        T(a_setting_has_a_sentence),
        T(a_setting_has_a_type),
        T(a_setting_stands_there_once),
        T(the_token_has_an_operation),
        T(the_tokens_operation_needs_none),
        T(the_token_is_a_secret),
        T(the_tokens_lifetime_is_answered),
        T(tokens_have_a_header),
        T(calls_are_signed_with_settings),
        T(launches_use_settings),
        T(a_name_has_a_password),
        T(what_was_removed_says_why),
        T(tokens_have_a_lifetime),
        T(a_vendors_own_errors_are_checked),
        T(what_calls_have_in_common_is_checked),
        T(a_table_is_carried_on_by_another),
        T(another_name_aside_needs_no_use),
        T(an_operation_is_in_snake_case),
        T(an_operation_has_a_sentence),
        T(its_sentence_has_no_full_stop),
        T(its_text_ends_with_a_full_stop),
        T(its_caution_ends_with_a_full_stop),
        T(an_operation_has_a_section),
        T(an_operation_has_a_method),
        T(an_operation_has_an_endpoint),
        T(an_operation_has_an_example),
        T(an_example_calls_the_operation),
        T(an_endpoint_is_a_setting),
        T(an_operation_stands_there_once),
        T(a_variant_is_no_other_operation),
        T(a_parameter_has_a_name),
        T(a_parameter_has_a_type),
        T(a_parameter_has_a_sentence),
        T(a_parameter_stands_there_once),
        T(choices_are_of_their_type),
        T(choices_are_an_enumeration),
        T(bounds_leave_something),
        T(a_secret_is_marked),
        T(a_default_is_a_choice),
        T(an_alias_means_a_parameter),
        T(an_alias_is_not_required),
        T(an_alias_in_words_is_a_boolean),
        T(an_alias_in_words_means_an_integer),
        T(a_parameter_in_the_path_is_required),
        T(a_path_is_well_formed),
        T(a_parameter_in_a_group_may_be_missing),
        T(a_flag_may_choose_a_group),
        T(a_parameter_aside_is_used),
        T(a_parameter_aside_may_choose_an_answer),
        T(a_body_is_made_in_one_way),
        T(a_whole_body_is_required),
        T(a_whole_body_stands_for_members),
        T(a_whole_body_may_stand_for_members),
        T(a_structure_travels_as_json),
        T(members_of_a_parameter_are_checked),
        T(only_need_has_values),
        T(a_file_has_a_content_type),
        T(choices_do_not_mix),
        T(what_a_launch_carries_has_a_field),
        T(a_field_of_a_launch_needs_launches),
        T(a_parameter_comes_from_a_setting),
        T(a_placeholder_has_its_parameter),
        T(a_parameter_in_the_path_has_its_placeholder),
        T(a_placeholder_is_of_a_parameter_in_the_path),
        T(a_key_is_of_parameters),
        T(a_rule_is_about_parameters),
        T(a_rule_is_about_two),
        T(a_rule_has_a_sentence),
        T(reading_is_repeatable),
        T(an_effect_has_a_key),
        T(a_missing_probe_has_a_reason),
        T(a_probe_has_a_sentence),
        T(a_probe_asks_an_operation),
        T(a_probe_that_reads_names_an_operation),
        T(a_probe_that_reads_may_be_in_order),
        T(a_probe_only_reads),
        T(a_probe_asks_with_parameters),
        T(a_probe_takes_parameters),
        T(a_probe_takes_no_secret),
        T(a_probe_asks_one_value),
        T(a_probe_gives_what_is_required),
        T(a_probe_compares_with_a_parameter),
        T(a_probe_compares_with_something),
        T(a_probe_is_about_the_effect),
        T(a_probe_makes_results),
        T(a_probe_waits_for_a_known_code),
        T(a_repeat_waits_for_a_known_code),
        T(a_repeat_knows_its_own_codes),
        T(words_come_with_a_code),
        T(a_repeat_reads_nothing),
        T(a_condition_has_a_reason),
        T(a_condition_is_a_parameter),
        T(a_reason_has_a_condition),
        T(what_is_gone_is_not_told_apart),
        T(a_second_probe_is_linted),
        T(a_second_probe_is_the_last),
        T(a_probe_needs_a_delay),
        T(what_is_spent_is_counted),
        T(a_budget_is_for_a_parameter),
        T(a_budget_depends_on_a_parameter),
        T(a_budget_is_in_snake_case),
        T(a_repeatable_effect_has_a_reason),
        T(a_repeatable_update_needs_none),
        T(a_selector_has_variants),
        T(variants_have_a_selector),
        T(a_selector_is_a_parameter_with_choices),
        T(a_choice_has_its_variant),
        T(a_variant_is_a_choice),
        T(a_variant_has_a_sentence),
        T(a_variant_has_an_example),
        T(a_variants_example_calls_it),
        T(a_variants_key_is_of_parameters),
        T(an_operation_says_what_it_does_by_default),
        T(a_variants_errors_are_checked),
        T(a_result_has_a_sentence),
        T(a_result_has_a_type),
        T(a_results_choices_are_an_enumeration),
        T(a_secret_result_is_marked),
        T(a_structure_may_be_open),
        T(only_a_structure_has_members),
        T(members_are_checked),
        T(an_answer_has_a_sentence),
        T(an_answer_has_a_type),
        T(an_answer_depends_on_a_flag),
        T(an_answer_depends_on_a_parameter),
        T(an_error_has_a_meaning),
        T(a_hint_ends_with_a_full_stop),
        T(an_error_stands_there_once),
        T(members_may_stand_flat),
        T(what_is_flat_is_an_object_in_a_body),
        T(what_takes_the_rest_has_members),
        T(members_go_with_choices_that_have_some),
        T(a_result_goes_with_choices_that_have_members),
        T(a_table_has_a_sentence),
        T(a_table_has_each_name_once),
        T(pages_are_in_the_result),
        T(the_vendors_of_this_program_have_no_fault),
    };
    return RUN_TESTS(tests);
}
