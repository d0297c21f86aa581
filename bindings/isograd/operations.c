// SPDX-License-Identifier: MIT
// The operations of Isograd. Facts: the vendor's page "Isograd API"; `section` names the heading. One
// address serves all actions; the form field act_id says which is meant.
#include "bindings/catalogue/operation.h"
#include "bindings/catalogue/type.h"

// ------------------------------------------------------------------------------------------------
// Enumerations

static const struct bd_enumeration gender = {
    .name = "gender",
    .doc = "a candidate's gender",
    .choices = (const struct bd_choice[]){{1, "male", "man"},
                                          {2, "female", "woman"},
                                          {3, "unspecified", "not stated"},
                                          {0, NULL, NULL}}};

// "Annexes, Codes de langue"
static const struct bd_enumeration language = {
    .name = "language",
    .doc = "a language of the platform",
    .choices = (const struct bd_choice[]){{1, "french", "French"},
                                          {2, "english", "English"},
                                          {3, "german", "German"},
                                          {4, "dutch", "Dutch"},
                                          {5, "spanish", "Spanish"},
                                          {6, "italian", "Italian"},
                                          {7, "greek", "Greek"},
                                          {8, "arabic", "Arabic"},
                                          {0, NULL, NULL}}};

static const struct bd_enumeration unfinished_test = {
    .name = "unfinished_test",
    .doc = "what to do when the candidate has not finished a test of this form",
    .choices = (const struct bd_choice[]){{2, "reuse", "answer with the unfinished test, add none"},
                                          {9, "add_another", "add a test all the same"},
                                          {0, NULL, NULL}}};

static const struct bd_enumeration proctoring = {
    .name = "proctoring",
    .doc = "whether a test is watched online",
    .choices = (const struct bd_choice[]){{16, "add", "add online proctoring"},
                                          {17, "remove", "remove online proctoring"},
                                          {0, NULL, NULL}}};

static const struct bd_enumeration credit_pack = {
    .name = "credit_pack",
    .doc = "how many tests a credit of a multi-credit pack covers",
    .choices = (const struct bd_choice[]){{2, "two", "two tests"},
                                          {3, "three", "three tests"},
                                          {4, "four", "four tests"},
                                          {0, NULL, NULL}}};

// "Obtenir les résultats sous forme JSON"; the names are those of "LTI - Notes via Basic Outcome Service".
static const struct bd_enumeration grade_type = {
    .name = "grade_type",
    .doc = "what a grade's number means",
    .choices = (const struct bd_choice[]){
        {1, "level", "level on a scale from 1 to 5"},
        {2, "score", "score out of 1000 by item response theory"},
        {3, "average", "score out of 1000, the mean of the questions' scores"},
        {4, "num_correct", "number of right answers"},
        {5, "range", "score range 1-350, 350-700 or 700-1000"},
        {15, "on_100_average", "score out of 100, the mean of the questions' scores"},
        {0, NULL, NULL}}};

static const struct bd_enumeration test_status = {
    .name = "test_status",
    .doc = "how far a test is",
    .choices = (const struct bd_choice[]){{1, "not_started", "not started"},
                                          {2, "started", "started"},
                                          {3, "finished", "finished"},
                                          {4, "marking_pending", "waits for manual marking"},
                                          {0, NULL, NULL}}};

static const struct bd_enumeration *const enumerations[] = {
    &gender,      &language,   &unfinished_test, &proctoring,
    &credit_pack, &grade_type, &test_status,     NULL};

// ------------------------------------------------------------------------------------------------
// Parameters that several operations share

#define ACTION(number)                                                                \
    {                                                                                 \
        .name = "act_id", .type = &bd_integer, .flags = BD_REQUIRED, .min = (number), \
        .max = (number), .fallback = #number, .doc = "the action"                     \
    }

#define EMAIL_OF_CANDIDATE                                                                     \
    {                                                                                          \
        .name = "ema", .type = &bd_email, .flags = BD_REQUIRED | BD_PERSONAL | BD_LTI_CARRIES, \
        .lti = "lis_person_contact_email_primary", .doc = "the candidate's e-mail address"     \
    }

#define PLANNED_TEST(sentence, flag)                                                            \
    {                                                                                           \
        .name = "pla_tst_id", .type = &bd_integer, .flags = (flag), .min = 1, .max = INT64_MAX, \
        .doc = (sentence)                                                                       \
    }

#define TEST_FORM                                                                    \
    {                                                                                \
        .name = "tst_frm_id", .type = &bd_integer, .flags = BD_REQUIRED, .min = 1,   \
        .max = INT64_MAX, .doc = "the test form; the platform lists them under Help" \
    }

#define OLD_TEST_FORM                                                     \
    {                                                                     \
        .name = "rea_tst_id", .type = &bd_integer, .means = "tst_frm_id", \
        .means_until = "2025-12-31", .min = 1, .max = INT64_MAX,          \
        .doc = "the former name of tst_frm_id"                            \
    }

#define LANGUAGE(field_name, sentence)                                                     \
    {                                                                                      \
        .name = (field_name), .type = &bd_integer, .choices = &language, .doc = (sentence) \
    }

#define REDIRECT(sentence)                                      \
    {                                                           \
        .name = "redirect", .type = &bd_flag, .doc = (sentence) \
    }

#define END          \
    {                \
        .name = NULL \
    }

#define ID(field_name, sentence, flag)                                                          \
    {                                                                                           \
        .name = (field_name), .type = &bd_integer, .flags = (flag), .min = 1, .max = INT64_MAX, \
        .doc = (sentence)                                                                       \
    }

// "Créer un candidat", without act_id
#define CANDIDATE_PARAMS                                                                           \
    {.name = "gen_id",                                                                             \
     .type = &bd_integer,                                                                          \
     .flags = BD_REQUIRED,                                                                         \
     .choices = &gender,                                                                           \
     .doc = "the candidate's gender"},                                                             \
        EMAIL_OF_CANDIDATE,                                                                        \
        {.name = "fst_nam",                                                                        \
         .type = &bd_string,                                                                       \
         .flags = BD_REQUIRED | BD_PERSONAL | BD_LTI_CARRIES,                                      \
         .lti = "lis_person_name_given",                                                           \
         .doc = "first name"},                                                                     \
        {.name = "lst_nam",                                                                        \
         .type = &bd_string,                                                                       \
         .flags = BD_REQUIRED | BD_PERSONAL | BD_LTI_CARRIES,                                      \
         .lti = "lis_person_name_family",                                                          \
         .doc = "last name"},                                                                      \
        LANGUAGE("lan_id", "the candidate's language"),                                            \
        {.name = "ext_id",                                                                         \
         .type = &bd_string,                                                                       \
         .flags = BD_PERSONAL,                                                                     \
         .lti = "user_id",                                                                         \
         .doc = "your own id of the candidate; in LTI the UserID is stored when there is none"},   \
        ID("dep_id", "group in Isograd that the candidate joins; not together with ext_dep_id",    \
           0),                                                                                     \
        {.name = "ext_dep_id",                                                                     \
         .type = &bd_string,                                                                       \
         .doc = "group by your own id, made when it is not known"},                                \
        {.name = "psw",                                                                            \
         .type = &bd_secret_text,                                                                  \
         .flags = BD_SECRET,                                                                       \
         .doc = "password; a random one when there is none"},                                      \
        {.name = "no_psw_rst",                                                                     \
         .type = &bd_flag,                                                                         \
         .doc = "store the password hashed, leave it out of e-mails, and do not ask for a new "    \
                "one at "                                                                          \
                "the first login"},                                                                \
        ID("job_id", "job profile of the candidate", 0),                                           \
    {                                                                                              \
        .name = "xtr_tim_fac", .type = &bd_integer, .min = 0, .max = INT64_MAX,                    \
        .doc =                                                                                     \
            "extra time in percent, for the whole test and for each question: 0 none, 50 half as " \
            "much again, 100 double"                                                               \
    }

// "Ajouter un test à un candidat", without act_id, tst_frm_id and ema
#define TEST_PARAMS                                                                               \
    {.name = "nee_ful_scr", .type = &bd_flag, .doc = "demand full screen"},                       \
        {.name = "html",                                                                          \
         .type = &bd_flag,                                                                        \
         .doc = "answer with an HTML link that starts the test"},                                 \
        REDIRECT("answer with a redirect to the start page; its link is returned, not followed"), \
        ID("ses_id", "session that the test belongs to", 0),                                      \
        {.name = "add_pro", .type = &bd_flag, .doc = "add remote proctoring, at extra cost"},     \
        {.name = "max_num_tst",                                                                   \
         .type = &bd_integer,                                                                     \
         .min = 1,                                                                                \
         .max = INT64_MAX,                                                                        \
         .doc = "how many tests of this form the candidate may take"},                            \
        {.name = "max_num_tst_per",                                                               \
         .type = &bd_integer,                                                                     \
         .min = 1,                                                                                \
         .max = INT64_MAX,                                                                        \
         .doc = "the same, counted over that many days"},                                         \
        {.name = "rtn_pag",                                                                       \
         .type = &bd_url_type,                                                                    \
         .doc = "page that the candidate is sent to at the end"},                                 \
        {.name = "cal_bac_pag",                                                                   \
         .type = &bd_url_type,                                                                    \
         .doc = "address that the platform calls with GET when the test is finished"},            \
        {.name = "cpf_id",                                                                        \
         .type = &bd_string,                                                                      \
         .flags = BD_PERSONAL,                                                                    \
         .doc = "file of the Compte Personnel de Formation for this test"},                       \
    {                                                                                             \
        .name = "nb_test_by_credit", .type = &bd_integer, .choices = &credit_pack,                \
        .doc = "use a multi-credit pack"                                                          \
    }

#define GROUP_RULE                                              \
    {                                                           \
        .kind = BD_NOT_BOTH, .names = {"dep_id", "ext_dep_id"}, \
        .doc = "give dep_id or ext_dep_id, not both"            \
    }

#define PERIOD_RULE                                                                     \
    {                                                                                   \
        .kind = BD_NEEDS, .names = {"max_num_tst_per", "max_num_tst"},                  \
        .doc = "max_num_tst_per says over how many days max_num_tst counts: give both", \
        .assumed = true                                                                 \
    }

#define NO_RULE     \
    {               \
        .doc = NULL \
    }

#define TEST_ANSWERS                                     \
    (const struct bd_answer[])                           \
    {                                                    \
        {"redirect",                                     \
         BD_ANSWER_REDIRECT,                             \
         {.name = "location",                            \
          .type = &bd_string,                            \
          .flags = BD_PERSONAL,                          \
          .doc = "link that starts the test"}},          \
            {"html",                                     \
             BD_ANSWER_HTML,                             \
             {.name = "html",                            \
              .type = &bd_string,                        \
              .flags = BD_PERSONAL,                      \
              .doc = "HTML link that starts the test"}}, \
        {                                                \
            NULL, BD_ANSWER_HTML, END                    \
        }                                                \
    }

#define NO_ERROR  \
    {             \
        .code = 0 \
    }

#define E106                                                                             \
    {                                                                                    \
        .code = 106, .kind = BD_PERMISSION, .meaning = "this tst_frm_id is not allowed", \
        .hint = "isograd.list_available_tests shows the allowed ones."                   \
    }
#define E107                                                                          \
    {                                                                                 \
        .code = 107, .kind = BD_NOT_FOUND, .meaning = "this candidate does not exist" \
    }
#define E201                                                                                       \
    {                                                                                              \
        .code = 201, .kind = BD_REJECTED,                                                          \
        .meaning = "the candidate could not be created, probably because a parameter is not valid" \
    }
#define E202                                                                     \
    {                                                                            \
        .code = 202, .kind = BD_CONFLICT,                                        \
        .meaning = "a candidate with this e-mail already exists in the account", \
        .hint = "The error's response.can_id is that candidate."                 \
    }
#define E203                                                                          \
    {                                                                                 \
        .code = 203, .kind = BD_NOT_FOUND,                                            \
        .meaning = "the group dep_id was not found, so the candidate was not created" \
    }
#define E301                                                                                    \
    {                                                                                           \
        .code = 301, .kind = BD_REJECTED, .meaning = "no credit is left for this kind of test", \
        .hint = "isograd.list_available_credits shows what is left."                            \
    }
#define E402                                                                        \
    {                                                                               \
        .code = 402, .kind = BD_REJECTED,                                           \
        .meaning = "the candidate has already taken max_num_tst tests of this form" \
    }
#define E501                                                                                 \
    {                                                                                        \
        .code = 501, .kind = BD_NOT_FOUND, .meaning = "the candidate did not take this test" \
    }
#define E502                                                                    \
    {                                                                           \
        .code = 502, .kind = BD_REJECTED, .meaning = "the test is not finished" \
    }

// The same where the vendor's document lists no errors: our assumption.
#define ASSUMED(error_code, error_kind, sentence)                                          \
    {                                                                                      \
        .code = (error_code), .kind = (error_kind), .meaning = (sentence), .assumed = true \
    }

static const struct bd_vendor_error result_errors[] = {
    ASSUMED(106, BD_PERMISSION, "this tst_frm_id is not allowed"),
    ASSUMED(107, BD_NOT_FOUND, "this candidate does not exist"),
    ASSUMED(501, BD_NOT_FOUND, "the candidate did not take this test"),
    ASSUMED(502, BD_REJECTED, "the test is not finished"), NO_ERROR};

#define KEY(...) ((const char *const[]){__VA_ARGS__, NULL})

#define TEST_RESULT                                                                            \
    {.name = "tst_url",                                                                        \
     .type = &bd_string,                                                                       \
     .flags = BD_PERSONAL,                                                                     \
     .doc = "link that starts the test"},                                                      \
    {                                                                                          \
        .name = "pla_tst_id", .type = &bd_integer, .doc = "id of this test for this candidate" \
    }

// add_pro with no proctoring credit left: the document numbers this for set_proctoring only.
#define E303_ASSUMED ASSUMED(303, BD_REJECTED, "no proctoring credit is left")

// Each test takes a credit of its form, and proctoring one of its own ("Ajouter un test à un candidat").
#define TEST_BUDGETS                                                                      \
    (const struct bd_budget[])                                                            \
    {                                                                                     \
        {"tests", .persons = KEY("ema")}, {"proctorings", KEY("ema"), .when = "add_pro"}, \
        {                                                                                 \
            NULL                                                                          \
        }                                                                                 \
    }

// ------------------------------------------------------------------------------------------------
// Operations

static const struct bd_operation operations[] = {
    {.name = "authenticate",
     .summary = "Fetch an access token",
     .doc = "Calls fetch and renew the token by themselves; a script seldom needs this.",
     .section = "Démarrage rapide, API, Connexion",
     .method = "POST",
     .endpoint = "auth_url",
     .fixed_query = "grant_type=client_credentials&scopes=usage",
     .params = (const struct bd_field[]){{.name = "client_id",
                                          .type = &bd_string,
                                          .flags = BD_REQUIRED,
                                          .setting = "client_id",
                                          .doc = "the account's client id"},
                                         {.name = "client_secret",
                                          .type = &bd_secret_text,
                                          .flags = BD_REQUIRED | BD_SECRET,
                                          .setting = "client_secret",
                                          .doc = "the account's client secret"},
                                         END},
     .result =
         (const struct bd_field[]){{.name = "access_token",
                                    .type = &bd_secret_text,
                                    .flags = BD_SECRET,
                                    .doc = "the token"},
                                   {.name = "token_type",
                                    .type = &bd_string,
                                    .flags = BD_NULLABLE,
                                    .doc = "its kind; not in the vendor's document"},
                                   {.name = "expires_in",
                                    .type = &bd_integer,
                                    .flags = BD_NULLABLE,
                                    .doc = "seconds until it ends; not in the vendor's document"},
                                   END},
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .without_token = true,
     .without_common = true,
     .not_enveloped = true,
     .example = "isograd.authenticate()"},

    {.name = "create_candidate",
     .summary = "Create a candidate",
     .section = "Créer un candidat",
     .method = "POST",
     .endpoint = "base_url",
     .params = (const struct bd_field[]){ACTION(1), CANDIDATE_PARAMS, END},
     .rules = (const struct bd_rule[]){GROUP_RULE, NO_RULE},
     .result =
         (const struct bd_field[]){
             {.name = "can_id", .type = &bd_integer, .doc = "id of the new candidate"},
             {.name = "lgn_url",
              .type = &bd_string,
              .flags = BD_PERSONAL,
              .doc = "link that logs the candidate in, valid for 30 minutes"},
             END},
     .errors = (const struct bd_vendor_error[]){E201, E202, E203, NO_ERROR},
     .error_fields = KEY("can_id"),
     .effect = BD_EFFECT_CREATE,
     .key = KEY("ema"),
     .probe = {.kind = BD_PROBE_REPEAT,
               .code = 202,
               .doc = "a second call answers 202 with the can_id of the candidate that is there",
               .result =
                   (const struct bd_probe_result[]){{"can_id", "response/can_id"}, {NULL, NULL}}},
     .example = "isograd.create_candidate {\n"
                "  gen_id = isograd.gender.unspecified, ema = \"ada@example.org\",\n"
                "  fst_nam = \"Ada\", lst_nam = \"Lovelace\",\n"
                "}"},

    {.name = "add_test",
     .summary = "Give a candidate a test",
     .doc = "By default a test of the same form that the candidate has not finished is answered "
            "instead "
            "of a new one.",
     .section = "Ajouter un test à un candidat",
     .method = "POST",
     .endpoint = "base_url",
     .params =
         (const struct bd_field[]){{.name = "act_id",
                                    .type = &bd_integer,
                                    .flags = BD_REQUIRED,
                                    .choices = &unfinished_test,
                                    .fallback = "2",
                                    .doc = "what to do about an unfinished test of this form"},
                                   {.name = "reuse_unfinished",
                                    .type = &bd_boolean,
                                    .means = "act_id",
                                    .when_true = 2,
                                    .when_false = 9,
                                    .doc = "act_id in words: answer with an unfinished test"},
                                   TEST_FORM,
                                   OLD_TEST_FORM,
                                   EMAIL_OF_CANDIDATE,
                                   TEST_PARAMS,
                                   END},
     .rules = (const struct bd_rule[]){PERIOD_RULE, NO_RULE},
     .selector = "act_id",
     .variants =
         (const struct bd_variant[]){
             {.value = 2,
              .summary = "answer with the unfinished test of this form, if there is one",
              .effect = BD_EFFECT_SPEND,
              .repeatable = true,
              .key = KEY("ema", "tst_frm_id"),
              .probe =
                  {.kind = BD_PROBE_REPEAT,
                   .doc =
                       "a second call answers the same pla_tst_id while the test is unfinished"}},
             {.value = 9,
              .name = "add_another_test",
              .summary =
                  "Give a candidate a new test, even beside an unfinished one of the same form",
              .example = "isograd.add_another_test { ema = \"ada@example.org\", tst_frm_id = 101 }",
              .effect = BD_EFFECT_SPEND,
              .key = KEY("ema", "tst_frm_id"),
              .probe = {.doc = "nothing in the API lists a candidate's tests"}},
             {.summary = NULL}},
     .result = (const struct bd_field[]){TEST_RESULT, END},
     .answers = TEST_ANSWERS,
     .errors = (const struct bd_vendor_error[]){E106, E107, E301, E402, E303_ASSUMED, NO_ERROR},
     .effect = BD_EFFECT_SPEND,
     .budgets = TEST_BUDGETS,
     .repeatable = true,
     .key = KEY("ema", "tst_frm_id"),
     .probe = {.kind = BD_PROBE_REPEAT,
               .doc = "a second call answers the same pla_tst_id while the test is unfinished"},
     .repeat_note = "with act_id 2 a second call finds the test that the first one added",
     .example = "isograd.add_test { ema = \"ada@example.org\", tst_frm_id = 101 }"},

    {.name = "create_candidate_and_add_test",
     .summary = "Create a candidate and give it a test",
     .doc =
         "Does create_candidate and then add_test; takes the parameters of both. Which of "
         "add_test's "
         "two actions it is, and what happens when the candidate exists, the vendor does not say.",
     .section = "Créer un candidat et passer un test",
     .method = "POST",
     .endpoint = "base_url",
     .params = (const struct bd_field[]){ACTION(8), CANDIDATE_PARAMS, TEST_FORM, OLD_TEST_FORM,
                                         TEST_PARAMS, END},
     .rules = (const struct bd_rule[]){GROUP_RULE, PERIOD_RULE, NO_RULE},
     .result =
         (const struct bd_field[]){TEST_RESULT,
                                   {.name = "can_id",
                                    .type = &bd_integer,
                                    .flags = BD_NULLABLE,
                                    .doc = "id of the candidate; not in the vendor's document"},
                                   END},
     .answers = TEST_ANSWERS,
     .errors = (const struct bd_vendor_error[]){E106, E107, E201, E202, E203, E301, E402,
                                                E303_ASSUMED, NO_ERROR},
     .error_fields = KEY("can_id"),
     .effect = BD_EFFECT_SPEND,
     .budgets = TEST_BUDGETS,
     .key = KEY("ema", "tst_frm_id"),
     .probe = {.doc = "nothing in the API lists a candidate's tests"},
     .example = "isograd.create_candidate_and_add_test {\n"
                "  gen_id = isograd.gender.unspecified, ema = \"ada@example.org\",\n"
                "  fst_nam = \"Ada\", lst_nam = \"Lovelace\", tst_frm_id = 101,\n"
                "}"},

    {.name = "set_proctoring",
     .summary = "Add or remove the online proctoring of a test",
     .section = "Ajouter/retirer la surveillance en ligne d'un test",
     .method = "POST",
     .endpoint = "base_url",
     .params = (const struct bd_field[]){{.name = "act_id",
                                          .type = &bd_integer,
                                          .flags = BD_REQUIRED,
                                          .choices = &proctoring,
                                          .doc = "add or remove"},
                                         PLANNED_TEST("the test, by the id that add_test answered",
                                                      BD_REQUIRED),
                                         END},
     .selector = "act_id",
     .variants =
         (const struct bd_variant[]){
             {.value = 16,
              .name = "add_proctoring",
              .summary = "Have a test watched online",
              .example = "isograd.add_proctoring { pla_tst_id = 987654 }",
              .effect = BD_EFFECT_SPEND,
              .key = KEY("pla_tst_id", "act_id"),
              .probe = {.doc = "nothing in the API tells whether a test is proctored"}},
             {.value = 17,
              .name = "remove_proctoring",
              .summary = "Have a test no longer watched online",
              .example = "isograd.remove_proctoring { pla_tst_id = 987654 }",
              .effect = BD_EFFECT_UPDATE,
              .repeatable = true,
              .key = KEY("pla_tst_id", "act_id"),
              .probe = {.kind = BD_PROBE_REPEAT, .doc = "removing it twice leaves it removed"},
              // The document lists 303 for both; removing needs no credit, so it is not said here.
              .errors =
                  (const struct bd_vendor_error[]){
                      ASSUMED(501, BD_NOT_FOUND, "there is no such test"), NO_ERROR}},
             {.summary = NULL}},
     .errors =
         (const struct bd_vendor_error[]){
             {.code = 303, .kind = BD_REJECTED, .meaning = "no proctoring credit is left"},
             ASSUMED(501, BD_NOT_FOUND, "there is no such test"),
             NO_ERROR},
     .effect = BD_EFFECT_SPEND,
     .budgets = (const struct bd_budget[]){{"proctorings", .when = "act_id", .is = "16"}, {NULL}},
     .key = KEY("pla_tst_id", "act_id"),
     .example = "isograd.set_proctoring { act_id = isograd.proctoring.add, pla_tst_id = 987654 }"},

    {.name = "delete_test",
     .summary = "Delete a test that was not started",
     .section = "Supprimer un test",
     .method = "POST",
     .endpoint = "base_url",
     .params =
         (const struct bd_field[]){
             ACTION(23), PLANNED_TEST("the test, by the id that add_test answered", BD_REQUIRED),
             END},
     .errors =
         (const struct bd_vendor_error[]){{.code = 304,
                                           .kind = BD_CONFLICT,
                                           .meaning = "the test was started or does not exist",
                                           .hint = "isograd.get_test_status tells which."},
                                          NO_ERROR},
     .effect = BD_EFFECT_DELETE,
     .key = KEY("pla_tst_id"),
     .probe = {.kind = BD_PROBE_READ,
               .operation = "get_test_status",
               .ask = (const struct bd_probe_ask[]){{"pla_tst_id", .param = "pla_tst_id"}, {NULL}},
               .gone = true,
               .code = 501,
               .doc = "it answers 501 once the test is gone"},
     .example = "isograd.delete_test { pla_tst_id = 987654 }"},

    {.name = "add_confirmation_test",
     .summary = "Add a confirmation test to a finished test",
     .section = "Ajouter un test de confirmation à un test terminé",
     .method = "POST",
     .endpoint = "base_url",
     .params =
         (const struct bd_field[]){ACTION(58),
                                   PLANNED_TEST("the finished test to confirm", BD_REQUIRED),
                                   REDIRECT("answer with a redirect to the start page; its link is "
                                            "returned, not followed"),
                                   END},
     .result = (const struct bd_field[]){{.name = "tst_url",
                                          .type = &bd_string,
                                          .flags = BD_PERSONAL,
                                          .doc = "link that starts the confirmation test"},
                                         END},
     .answers = (const struct bd_answer[]){{"redirect",
                                            BD_ANSWER_REDIRECT,
                                            {.name = "location",
                                             .type = &bd_string,
                                             .flags = BD_PERSONAL,
                                             .doc = "link that starts the confirmation test"}},
                                           {NULL, BD_ANSWER_HTML, END}},
     .errors =
         (const struct bd_vendor_error[]){ASSUMED(501, BD_NOT_FOUND, "there is no such test"),
                                          ASSUMED(502, BD_REJECTED, "the test is not finished"),
                                          NO_ERROR},
     .effect = BD_EFFECT_CREATE,
     .key = KEY("pla_tst_id"),
     .probe = {.doc = "nothing in the API lists the confirmation tests"},
     .example = "isograd.add_confirmation_test { pla_tst_id = 987654 }"},

    {.name = "update_candidate",
     .summary = "Change a candidate",
     .doc = "What is left out stays as it is.",
     .section = "Mettre à jour un candidat",
     .method = "POST",
     .endpoint = "base_url",
     .params =
         (const struct bd_field[]){
             ACTION(51),
             ID("can_id", "the candidate", BD_REQUIRED),
             {.name = "gen_id", .type = &bd_integer, .choices = &gender, .doc = "new gender"},
             {.name = "ema", .type = &bd_email, .flags = BD_PERSONAL, .doc = "new e-mail address"},
             {.name = "fst_nam", .type = &bd_string, .flags = BD_PERSONAL, .doc = "new first name"},
             {.name = "lst_nam", .type = &bd_string, .flags = BD_PERSONAL, .doc = "new last name"},
             LANGUAGE("lan_id", "new language"),
             END},
     .errors =
         (const struct bd_vendor_error[]){
             ASSUMED(107, BD_NOT_FOUND, "this candidate does not exist"),
             ASSUMED(202, BD_CONFLICT, "another candidate of the account has this e-mail"),
             NO_ERROR},
     .error_fields = KEY("can_id"),
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .key = KEY("can_id"),
     .probe = {.kind = BD_PROBE_REPEAT,
               .doc = "setting the same values twice changes nothing more"},
     .example = "isograd.update_candidate { can_id = 1381134, lst_nam = \"King\" }"},

    {.name = "delete_candidate",
     .summary = "Delete a candidate",
     .section = "Supprimer un candidat",
     .method = "POST",
     .endpoint = "base_url",
     .params =
         (const struct bd_field[]){ACTION(24),
                                   ID("can_id", "the candidate; without it, ema", 0),
                                   {.name = "ema",
                                    .type = &bd_email,
                                    .flags = BD_PERSONAL,
                                    .doc = "the candidate's e-mail address; without it, can_id"},
                                   END},
     .rules =
         (const struct bd_rule[]){
             {.kind = BD_ANY_OF, .names = {"can_id", "ema"}, .doc = "give can_id or ema"}, NO_RULE},
     .errors =
         (const struct bd_vendor_error[]){
             ASSUMED(107, BD_NOT_FOUND, "this candidate does not exist"), NO_ERROR},
     .effect = BD_EFFECT_DELETE,
     .key = KEY("can_id", "ema"),
     .probe = {.kind = BD_PROBE_REPEAT, .code = 107, .doc = "a second call finds no candidate"},
     .caution = "The candidate and everything about it is gone for good.",
     .example = "isograd.delete_candidate { can_id = 1381134 }"},

    {.name = "send_registration_email",
     .summary = "Send a candidate the registration e-mail, now or on a day",
     .doc = "Without pla_tst_ids the e-mail lists all the candidate's pending tests. When both are "
            "given, "
            "pla_tst_ids decides.",
     .section = "Envoyer un email d'inscription",
     .method = "POST",
     .endpoint = "base_url",
     .params =
         (const struct bd_field[]){
             ACTION(42),
             {.name = "pla_tst_ids",
              .type = &bd_integer_list,
              .min = 1,
              .max = INT64_MAX,
              .doc = "the tests that the e-mail is about"},
             {.name = "pla_tst_id",
              .type = &bd_integer,
              .means = "pla_tst_ids",
              .min = 1,
              .max = INT64_MAX,
              .doc = "one test; another name of pla_tst_ids"},
             ID("can_id", "the candidate", 0),
             ID("mai_tem_id",
                "e-mail template; its id stands in the address of "
                "its page in the platform",
                BD_REQUIRED),
             {.name = "sen_dat", .type = &bd_date, .doc = "day to send it on"},
             {.name = "for_sen",
              .type = &bd_flag,
              .doc = "send at once when sen_dat is today or past"},
             {.name = "ema_sen",
              .type = &bd_email,
              .doc = "sender's address, approved and verified in the platform"},
             END},
     .rules = (const struct bd_rule[]){{.kind = BD_ANY_OF,
                                        .names = {"can_id", "pla_tst_ids"},
                                        .doc = "give can_id or pla_tst_ids"},
                                       NO_RULE},
     .errors =
         (const struct bd_vendor_error[]){
             ASSUMED(107, BD_NOT_FOUND, "this candidate does not exist"),
             ASSUMED(501, BD_NOT_FOUND, "there is no such test"), NO_ERROR},
     .effect = BD_EFFECT_SEND,
     .budgets = (const struct bd_budget[]){{"mails", .persons = KEY("can_id")}, {NULL}},
     .key = KEY("can_id", "pla_tst_ids", "mai_tem_id", "sen_dat"),
     .probe = {.doc = "nothing in the API tells which e-mails were sent"},
     .caution = "Every call sends an e-mail; it cannot be taken back.",
     .example = "isograd.send_registration_email { can_id = 1381134, mai_tem_id = 7 }"},

    {.name = "get_pdf_results",
     .summary = "Get the link of a result's PDF report",
     .section = "Obtenir les résultats PDF",
     .method = "POST",
     .endpoint = "base_url",
     .params =
         (const struct bd_field[]){ACTION(6), TEST_FORM, OLD_TEST_FORM, EMAIL_OF_CANDIDATE,
                                   PLANNED_TEST("the test; without it the last one taken", 0),
                                   LANGUAGE("lan_id", "language of the report"),
                                   REDIRECT("answer with a redirect to the report; its link is "
                                            "returned, not followed"),
                                   END},
     .result = (const struct bd_field[]){{.name = "pdf_url",
                                          .type = &bd_string,
                                          .flags = BD_PERSONAL,
                                          .doc = "link of the PDF report"},
                                         END},
     .answers = (const struct bd_answer[]){{"redirect",
                                            BD_ANSWER_REDIRECT,
                                            {.name = "location",
                                             .type = &bd_string,
                                             .flags = BD_PERSONAL,
                                             .doc = "link of the PDF report"}},
                                           {NULL, BD_ANSWER_HTML, END}},
     .errors = (const struct bd_vendor_error[]){E106,
                                                E107,
                                                E501,
                                                E502,
                                                {.code = 601,
                                                 .kind = BD_REJECTED,
                                                 .meaning = "the test must be an assessment, not a "
                                                            "certification"},
                                                NO_ERROR},
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "isograd.get_pdf_results { ema = \"ada@example.org\", tst_frm_id = 101 }"},

    {.name = "get_results",
     .summary = "Get the grade of a finished test",
     .section = "Obtenir les résultats sous forme JSON",
     .method = "POST",
     .endpoint = "base_url",
     .params =
         (const struct bd_field[]){ACTION(4), TEST_FORM, OLD_TEST_FORM, EMAIL_OF_CANDIDATE,
                                   PLANNED_TEST("the test; without it the last one taken", 0), END},
     .result =
         (const struct bd_field[]){
             {.name = "gra_typ_id",
              .type = &bd_integer,
              .choices = &grade_type,
              .doc = "what the grade's number means"},
             {.name = "num_val", .type = &bd_number, .doc = "the grade"},
             {.name = "max_val", .type = &bd_number, .doc = "the highest grade of this kind"},
             {.name = "txt_des", .type = &bd_string, .doc = "the grade in words"},
             {.name = "no_sto_tim_spe",
              .type = &bd_integer,
              .doc = "seconds between start and end, pauses included"},
             END},
     .errors = result_errors,
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "isograd.get_results { ema = \"ada@example.org\", tst_frm_id = 101 }"},

    {.name = "get_result_details",
     .summary = "Get a finished test's results by skill",
     .section = "Obtenir les détails des résultats sous forme JSON",
     .method = "POST",
     .endpoint = "base_url",
     .params =
         (const struct bd_field[]){ACTION(5), TEST_FORM, OLD_TEST_FORM, EMAIL_OF_CANDIDATE,
                                   PLANNED_TEST("the test; without it the last one taken", 0),
                                   LANGUAGE("des_lan_id", "language of the descriptions"), END},
     .result =
         (const struct bd_field[]){
             {.name = "des_lan_id",
              .type = &bd_integer,
              .choices = &language,
              .doc = "language of the descriptions; English where the wanted one is missing"},
             {.name = "result_details",
              .type = &bd_map,
              .doc = "by skill id",
              .fields =
                  (const struct bd_field[]){
                      {.name = "des", .type = &bd_string, .doc = "the skill"},
                      {.name = "level",
                       .type = &bd_number,
                       .flags = BD_NULLABLE,
                       .doc = "level reached, -1 when not tested; tests by item response theory"},
                      {.name = "level_des",
                       .type = &bd_string,
                       .flags = BD_NULLABLE,
                       .doc = "what the candidate can do at that level; tests by item response "
                              "theory"},
                      {.name = "scalemin",
                       .type = &bd_number,
                       .flags = BD_NULLABLE,
                       .doc = "lowest level; tests by item response theory"},
                      {.name = "scalemax",
                       .type = &bd_number,
                       .flags = BD_NULLABLE,
                       .doc = "highest level; tests by item response theory"},
                      {.name = "successrate",
                       .type = &bd_number,
                       .flags = BD_NULLABLE,
                       .doc =
                           "share of right answers from 0 to 1, -1 when not tested; other tests"},
                      END}},
             END},
     .errors = result_errors,
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "isograd.get_result_details { ema = \"ada@example.org\", tst_frm_id = 101 }"},

    {.name = "get_test_status",
     .summary = "Get how far a test is",
     .section = "Obtenir le statut d'un test",
     .method = "POST",
     .endpoint = "base_url",
     .params =
         (const struct bd_field[]){
             ACTION(10), PLANNED_TEST("the test, by the id that add_test answered", BD_REQUIRED),
             END},
     .result = (const struct bd_field[]){{.name = "sta_id",
                                          .type = &bd_integer,
                                          .choices = &test_status,
                                          .doc = "how far it is"},
                                         END},
     .errors =
         (const struct bd_vendor_error[]){
             {.code = 501, .kind = BD_NOT_FOUND, .meaning = "this pla_tst_id does not exist"},
             NO_ERROR},
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "isograd.get_test_status { pla_tst_id = 987654 }"},

    {.name = "create_session",
     .summary = "Create a session",
     .section = "Créer une session",
     .method = "POST",
     .endpoint = "base_url",
     .params =
         (const struct bd_field[]){
             ACTION(11),
             {.name = "des", .type = &bd_string, .flags = BD_REQUIRED, .doc = "description"},
             {.name = "sta_dat",
              .type = &bd_datetime,
              .flags = BD_REQUIRED,
              .doc = "start; the vendor states no time zone"},
             {.name = "end_dat",
              .type = &bd_datetime,
              .flags = BD_REQUIRED,
              .doc = "end; the vendor states no time zone"},
             {.name = "psw",
              .type = &bd_secret_text,
              .flags = BD_SECRET,
              .doc = "password of the session"},
             END},
     .result =
         (const struct bd_field[]){
             {.name = "ses_id", .type = &bd_integer, .doc = "id of the session"}, END},
     .effect = BD_EFFECT_CREATE,
     .key = KEY("des", "sta_dat", "end_dat"),
     .probe = {.doc = "nothing in the API lists the sessions"},
     .example =
         "isograd.create_session {\n"
         "  des = \"January\", sta_dat = \"2026-01-15 09:00\", end_dat = \"2026-01-15 12:00\",\n"
         "}"},

    {.name = "anonymize_candidate",
     .summary = "Replace a candidate's names and e-mail by numbers, for good",
     .doc = "Diplomas are changed too.",
     .section = "Anonymiser un candidat",
     .method = "POST",
     .endpoint = "base_url",
     .params = (const struct bd_field[]){ACTION(12),
                                         {.name = "ema",
                                          .type = &bd_email,
                                          .flags = BD_REQUIRED | BD_PERSONAL,
                                          .doc = "the candidate's e-mail address"},
                                         END},
     .errors =
         (const struct bd_vendor_error[]){
             ASSUMED(107, BD_NOT_FOUND, "this candidate does not exist"), NO_ERROR},
     .effect = BD_EFFECT_DELETE,
     .key = KEY("ema"),
     .probe = {.kind = BD_PROBE_REPEAT, .code = 107, .doc = "a second call finds no such e-mail"},
     .caution = "This cannot be undone.",
     .example = "isograd.anonymize_candidate { ema = \"ada@example.org\" }"},

    {.name = "login_as_admin",
     .summary = "Get a link that logs in as an administrator",
     .doc = "Without use_ema_for_adm the vendor picks any administrator.",
     .section = "Se connecter en tant qu'administrateur",
     .method = "POST",
     .endpoint = "base_url",
     .params =
         (const struct bd_field[]){ACTION(13),
                                   {.name = "use_ema_for_adm",
                                    .type = &bd_flag,
                                    .doc = "log in as the administrator whose address is in ema"},
                                   {.name = "ema",
                                    .type = &bd_email,
                                    .flags = BD_PERSONAL,
                                    .doc = "the administrator's e-mail address"},
                                   END},
     .rules = (const struct bd_rule[]){{.kind = BD_NEEDS,
                                        .names = {"use_ema_for_adm", "ema"},
                                        .doc = "use_ema_for_adm needs ema",
                                        .assumed = true},
                                       NO_RULE},
     .answers = (const struct bd_answer[]){{NULL,
                                            BD_ANSWER_REDIRECT,
                                            {.name = "location",
                                             .type = &bd_string,
                                             .flags = BD_PERSONAL,
                                             .doc = "link to the administration"}},
                                           {NULL, BD_ANSWER_HTML, END}},
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .caution = "The link gives full access: never show it to a candidate. With sub-accounts give "
                "sub_com_id, else an administrator of the sub-account enters the main account.",
     .example = "isograd.login_as_admin { use_ema_for_adm = true, ema = \"admin@example.org\" }"},

    {.name = "login_as_candidate",
     .summary = "Get a link that logs in as a candidate",
     .doc = "It leads to the tests to take, the diplomas, and the reports and right answers of "
            "assessments.",
     .section = "Se connecter en tant que candidat",
     .method = "POST",
     .endpoint = "base_url",
     .params = (const struct bd_field[]){ACTION(38), EMAIL_OF_CANDIDATE, END},
     .answers = (const struct bd_answer[]){{NULL,
                                            BD_ANSWER_REDIRECT,
                                            {.name = "location",
                                             .type = &bd_string,
                                             .flags = BD_PERSONAL,
                                             .doc = "link to the candidate's account page"}},
                                           {NULL, BD_ANSWER_HTML, END}},
     .errors =
         (const struct bd_vendor_error[]){
             ASSUMED(107, BD_NOT_FOUND, "this candidate does not exist"), NO_ERROR},
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .caution = "Whoever has the link is logged in as the candidate.",
     .example = "isograd.login_as_candidate { ema = \"ada@example.org\" }"},

    {.name = "list_available_tests",
     .summary = "List the test forms that the account may use",
     .section = "Obtenir la liste des tests disponibles",
     .method = "POST",
     .endpoint = "base_url",
     .params =
         (const struct bd_field[]){ACTION(14), LANGUAGE("lan_id", "the candidate's language"), END},
     .result =
         (const struct bd_field[]){
             {.name = "tests", .type = &bd_integer_list, .doc = "ids for tst_frm_id"}, END},
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "isograd.list_available_tests()"},

    {.name = "list_available_credits",
     .summary = "List the credits that are left",
     .section = "Obtenir les crédits disponibles",
     .method = "POST",
     .endpoint = "base_url",
     .params = (const struct bd_field[]){ACTION(15), END},
     .result =
         (const struct bd_field[]){
             {.name = "credits",
              .type = &bd_list,
              .doc = "one element for each kind of credit",
              .fields =
                  (const struct bd_field[]){
                      {.name = "des", .type = &bd_string, .doc = "the kind of credit"},
                      {.name = "amount", .type = &bd_number, .doc = "how many are left"},
                      END}},
             END},
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "isograd.list_available_credits()"},
    {.name = NULL}};

// ------------------------------------------------------------------------------------------------
// The vendor

static const struct bd_field settings[] = {
    {.name = "base_url",
     .type = &bd_url_type,
     .sandbox = "https://recette.isograd.com/api/usage",
     .doc = "https://recette.isograd.com/api/usage for tests, https://app.isograd.com/api/usage in "
            "production"},
    {.name = "auth_url",
     .type = &bd_url_type,
     .fallback = "https://auth.isograd.com/oauth2/token",
     .doc = "where tokens are fetched; the same for tests and production"},
    {.name = "client_id",
     .type = &bd_string,
     .sandbox = "test-client-id",
     .doc = "client id that Isograd gave you"},
    {.name = "client_secret",
     .type = &bd_secret_text,
     .flags = BD_SECRET,
     .sandbox = "test-client-secret",
     .doc = "client secret that Isograd gave you"},
    // "LTI, Connexion" and its two pictures; the addresses on the test host are our assumption.
    {.name = "lti_url",
     .type = &bd_url_type,
     .sandbox = "https://recette.isograd.com/public/lti.php",
     .doc = "LTI launches: https://recette.isograd.com/public/lti.php for tests, "
            "https://app.isograd.com/public/lti.php in production"},
    {.name = "lti_key",
     .type = &bd_string,
     .sandbox = "test-consumer-key",
     .doc = "LTI 1.1: consumer key that Isograd gave you"},
    {.name = "lti_secret",
     .type = &bd_secret_text,
     .flags = BD_SECRET,
     .sandbox = "test-consumer-secret",
     .doc = "LTI 1.1: consumer secret that Isograd gave you"},
    {.name = "lti_login_url",
     .type = &bd_url_type,
     .sandbox = "https://recette.isograd.com/public/lti.php",
     .doc = "LTI 1.3: where a launch begins; the same address as lti_url"},
    {.name = "lti_jwks_url",
     .type = &bd_url_type,
     .sandbox = "https://recette.isograd.com/public/jwks.php",
     .doc = "LTI 1.3: Isograd's own public keys, https://app.isograd.com/public/jwks.php in "
            "production"},
    END};

// "Comptes distributeurs"
static const struct bd_field common[] = {
    ID("sub_com_id", "distributor accounts: the sub-account that the call is for", 0), END};

const struct bd_vendor bd_vendor_isograd = {
    .name = "isograd",
    .settle = 60,
    .title = "Isograd",
    .document = "Isograd API",
    .settings = settings,
    .common = common,
    .enumerations = enumerations,
    .errors =
        (const struct bd_vendor_error[]){
            {.code = 103, .kind = BD_REJECTED, .meaning = "act_id is no valid action"},
            {.code = 105, .kind = BD_REJECTED, .meaning = "a required property is missing"},
            NO_ERROR},
    .operations = operations,
    .auth = {.operation = "authenticate",
             .token = "access_token",
             .lifetime = "expires_in",
             .default_lifetime = 3600,
             .header = "Authorization: Bearer "},
    .envelope = {.ok = "success", .code = "error_code", .message = "error_message"},
    .hosts = KEY("auth.isograd.com", "recette.isograd.com", "app.isograd.com"),
    .helpers = "beadle.isograd.grade",
    .hello = {.operation = "list_available_credits"},
    .lti = {.url = "lti_url",
            .key = "lti_key",
            .secret = "lti_secret",
            .login = "lti_login_url",
            .keys = "lti_jwks_url"},
};
