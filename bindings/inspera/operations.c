// SPDX-License-Identifier: MIT
// The operations of Inspera Assessment that handle committees. Facts: the vendor's pages "API to handle committees"
// and, for the token, "Inspera Assessment API"; `section` names the heading. The bodies that move and remove people
// are on neither page: what is written down of them here is our assumption, and a body of your own may be given.
#include "bindings/catalogue/operation.h"
#include "bindings/catalogue/type.h"

#define END          \
    {                \
        .name = NULL \
    }
#define NO_RULE     \
    {               \
        .doc = NULL \
    }
#define NO_ERROR  \
    {             \
        .code = 0 \
    }
#define KEY(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { NAME_MOST = 50 };

// ------------------------------------------------------------------------------------------------
// Enumerations

static const struct bd_enumeration committee_type = {
    .name = "committee_type",
    .doc = "what a committee is for",
    .choices = (const struct bd_choice[]){
        {.name = "grading", .text = "GRADING", .doc = "grades; the default"},
        {.name = "reassessment", .text = "REASSESSMENT", .doc = "decides on appeals"},
        {.name = NULL}}};

// The page's example has these, and does not say that there are no others: texts are not checked against them.
static const struct bd_enumeration role = {
    .name = "role",
    .doc = "roles of a contributor that are known; there may be more",
    .choices = (const struct bd_choice[]){
        {.name = "extended", .text = "extended", .doc = "has extended access"},
        {.name = "user_admin", .text = "userAdmin", .doc = "administers users"},
        {.name = "evaluate", .text = "evaluate", .doc = "grades"},
        {.name = "plan", .text = "plan", .doc = "plans tests"},
        {.name = "template_admin", .text = "templateadmin", .doc = "administers templates"},
        {.name = "monitor", .text = "monitor", .doc = "invigilates; not on the vendor's page"},
        {.name = NULL}}};

static const struct bd_enumeration authentication_system = {
    .name = "authentication_system",
    .doc = "ways of signing in that are known; there may be more",
    .choices = (const struct bd_choice[]){
        {.name = "generic_saml", .text = "GENERIC_SAML", .doc = "the institution's SAML"},
        {.name = "feide", .text = "FEIDE", .doc = "Feide; not on the vendor's page"},
        {.name = "inspera", .text = "INSPERA", .doc = "Inspera itself; not on the vendor's page"},
        {.name = "email", .text = "EMAIL", .doc = "an e-mail address; not on the vendor's page"},
        {.name = NULL}}};

static const struct bd_enumeration *const enumerations[] = {&committee_type, &role,
                                                            &authentication_system, NULL};

// ------------------------------------------------------------------------------------------------
// Parts

static const struct bd_field committee[] = {
    {.name = "name",
     .type = &bd_string,
     .flags = BD_REQUIRED,
     .min = 1,
     .max = NAME_MOST,
     .doc = "the committee's name, at most 50 characters"},
    {.name = "type",
     .type = &bd_string,
     .choices = &committee_type,
     .doc = "what it is for; without it GRADING, so an appeal committee needs it"},
    END};

#define COMMITTEES(what)                                                                   \
    {                                                                                      \
        .name = "committees", .type = &bd_list, .place = BD_IN_JSON, .flags = BD_REQUIRED, \
        .fields = committee, .doc = (what)                                                 \
    }

#define TEST_ID                                                                      \
    {                                                                                \
        .name = "testId", .type = &bd_id, .place = BD_IN_PATH, .flags = BD_REQUIRED, \
        .doc = "the test: Inspera's id, or with isExternal your system's"            \
    }

#define IS_EXTERNAL(and_flags)                                                                 \
    {                                                                                          \
        .name = "isExternal", .type = &bd_boolean, .place = BD_IN_QUERY, .flags = (and_flags), \
        .doc = "testId is the test's id in your system; without it Inspera's"                  \
    }

#define EXTERNAL_ID                                                     \
    {                                                                   \
        .name = "externalId", .type = &bd_string, .flags = BD_PERSONAL, \
        .doc = "the person's id in your system"                         \
    }

#define CANDIDATE_ID                                                     \
    {                                                                    \
        .name = "candidateId", .type = &bd_string, .flags = BD_PERSONAL, \
        .doc = "the candidate's id"                                      \
    }

#define PERSON                                                                                  \
    {.name = "firstName", .type = &bd_string, .flags = BD_PERSONAL, .doc = "the first name"},   \
        {.name = "lastName", .type = &bd_string, .flags = BD_PERSONAL, .doc = "the last name"}, \
    {                                                                                           \
        .name = "email", .type = &bd_email, .flags = BD_PERSONAL, .doc = "the e-mail address"   \
    }

// Where somebody is to be moved, or to leave.
#define COMMITTEE(wire, and_flags, what)                                               \
    {                                                                                  \
        .name = (wire), .type = &bd_object, .flags = (and_flags), .fields = committee, \
        .doc = (what)                                                                  \
    }

#define MOVE                                                                                \
    COMMITTEE("fromCommittee", 0, "the committee to leave; without it, nobody leaves one"), \
        COMMITTEE("toCommittee", BD_REQUIRED, "the committee to enter")

#define REMOVE COMMITTEE("committee", BD_REQUIRED, "the committee to leave")

static const struct bd_field moved_candidates[] = {CANDIDATE_ID, EXTERNAL_ID, MOVE, END};
static const struct bd_field removed_candidates[] = {CANDIDATE_ID, EXTERNAL_ID, REMOVE, END};
static const struct bd_field moved_contributors[] = {EXTERNAL_ID, MOVE, END};
static const struct bd_field removed_contributors[] = {EXTERNAL_ID, REMOVE, END};

#define PEOPLE(wire, members, what)                                                 \
    {                                                                               \
        .name = (wire), .type = &bd_list, .place = BD_IN_JSON, .flags = BD_ASSUMED, \
        .fields = (members), .doc = (what)                                          \
    }

#define BODY                                                                        \
    {                                                                               \
        .name = "body", .type = &bd_any, .place = BD_IN_BODY, .flags = BD_PERSONAL, \
        .doc = "the whole body as it is to be sent, instead"                        \
    }

#define PEOPLE_RULE(wire)                                                                          \
    {                                                                                              \
        .kind = BD_ONE_OF, .names = {(wire), "body"}, .doc = "give " wire " or body, one of them", \
        .assumed = true                                                                            \
    }

#define BODY_NOTE                                                                                  \
    "The vendor's page does not show this body, and its Swagger documentation is not public: the " \
    "members here are our assumption. Where the vendor wants another body, give it as `body`."

#define DONE_RESULT                                                           \
    ((const struct bd_field[]){                                               \
        {.name = "success",                                                   \
         .type = &bd_boolean,                                                 \
         .flags = BD_NULLABLE | BD_ASSUMED,                                   \
         .doc = "true; the vendor's page shows no answer, clients see this"}, \
        END})

#define LATER " Changes may take a few seconds to be seen."

// ------------------------------------------------------------------------------------------------
// Tests, as they are made

static const struct bd_field candidates[] = {
    CANDIDATE_ID,
    EXTERNAL_ID,
    PERSON,
    {.name = "committeeName",
     .type = &bd_string,
     .min = 1,
     .max = NAME_MOST,
     .doc = "the one committee the candidate is in; of this call, or there already"},
    END};

static const struct bd_field contributors[] = {
    EXTERNAL_ID,
    PERSON,
    {.name = "roles",
     .type = &bd_string_list,
     .doc = "what the contributor may do, such as inspera.role.evaluate"},
    {.name = "committeesName",
     .type = &bd_string_list,
     .min = 1,
     .max = NAME_MOST,
     .doc = "the committees the contributor is in; of this call, or there already"},
    {.name = "roomName",
     .type = &bd_string,
     .flags = BD_ASSUMED,
     .doc = "the room; clients send it, the vendor's page does not show it"},
    {.name = "buildingName",
     .type = &bd_string,
     .flags = BD_ASSUMED,
     .doc = "the building; clients send it, the vendor's page does not show it"},
    {.name = "sendNotification",
     .type = &bd_boolean,
     .flags = BD_ASSUMED,
     .doc = "tell the contributor; clients send it, the vendor's page does not show it"},
    END};

static const struct bd_field test_params[] = {
    {.name = "externalTestId",
     .type = &bd_string,
     .place = BD_IN_JSON,
     .doc = "the test's id in your system; with that of a test that is there, the test is changed"},
    {.name = "title",
     .type = &bd_string,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED | BD_ASSUMED,
     .doc = "the title; the vendor's page does not say which members are required"},
    {.name = "startTime",
     .type = &bd_timestamp,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED | BD_ASSUMED,
     .doc = "when it begins, such as 2026-01-15T08:00:00.000Z"},
    {.name = "endTime",
     .type = &bd_timestamp,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED | BD_ASSUMED,
     .doc = "when it ends"},
    {.name = "committees",
     .type = &bd_list,
     .place = BD_IN_JSON,
     .fields = committee,
     .doc = "the committees to create on it"},
    {.name = "candidates",
     .type = &bd_list,
     .place = BD_IN_JSON,
     .fields = candidates,
     .doc = "who takes it"},
    {.name = "contributors",
     .type = &bd_list,
     .place = BD_IN_JSON,
     .fields = contributors,
     .doc = "who grades, plans or watches it"},
    {.name = "keepCandidates",
     .type = &bd_boolean,
     .place = BD_IN_JSON,
     .doc = "keep the candidates that a test has already; that it means this is our assumption"},
    {.name = "useShortPassword",
     .type = &bd_boolean,
     .place = BD_IN_JSON,
     .doc = "short passwords for candidates"},
    {.name = "authenticationSystem",
     .type = &bd_string,
     .place = BD_IN_JSON,
     .doc = "how people sign in, such as inspera.authentication_system.generic_saml"},
    {.name = "duration",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_ASSUMED,
     .min = 1,
     .max = INT64_MAX,
     .doc = "how long it takes; clients send it, the vendor's page does not show it"},
    {.name = "sourceTemplateId",
     .type = &bd_id,
     .place = BD_IN_JSON,
     .flags = BD_ASSUMED,
     .doc = "the template it is made from; clients send it, the vendor's page does not show it"},
    {.name = "isExternal",
     .type = &bd_boolean,
     .place = BD_IN_QUERY,
     .flags = BD_ASSUMED,
     .doc = "some clients say true with externalTestId; the vendor's page does not show it here"},
    END};

// ------------------------------------------------------------------------------------------------
// Operations

#define PATH "/v1/test/{testId}/committees"
#define MOVE_NOTE                                                                             \
    "a second call changes nothing when the first was carried out (our assumption); Inspera " \
    "shows "                                                                                  \
    "who is in a committee"
#define REMOVE_NOTE                                                                             \
    "a second call answers 400 when the first was carried out (our assumption); Inspera shows " \
    "who "                                                                                      \
    "is in a committee"
#define REMOVE_SEVERAL                                                                           \
    "of several people, or with a body of your own, a second call does not tell; Inspera shows " \
    "who is in a committee"
#define REMOVE_CAUTION                                                                \
    "Whoever left a committee is put into one again by a move or in Inspera itself, " \
    "not by repeating an earlier call."

static const struct bd_operation operations[] = {
    {.name = "authenticate",
     .summary = "Fetch an access token for an API key",
     .doc = "Calls fetch and renew the token by themselves; a script seldom needs this.",
     .document = "Inspera Assessment API",
     .section = "Authentication, POST /authenticate/token/",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/authenticate/token/",
     .empty_form = true,
     .fixed_query = "grant_type=authorization_code",
     .params = (const struct bd_field[]){{.name = "client_id",
                                          .type = &bd_string,
                                          .place = BD_IN_QUERY,
                                          .flags = BD_REQUIRED,
                                          .setting = "client_id",
                                          .doc = "the institution's client id"},
                                         {.name = "code",
                                          .type = &bd_secret_text,
                                          .place = BD_IN_HEADER,
                                          .flags = BD_REQUIRED | BD_SECRET,
                                          .setting = "api_key",
                                          .doc = "the API key"},
                                         END},
     .result = (const struct bd_field[]){{.name = "access_token",
                                          .type = &bd_secret_text,
                                          .flags = BD_SECRET,
                                          .doc = "the token"},
                                         {.name = "expires_in",
                                          .type = &bd_integer,
                                          .flags = BD_NULLABLE,
                                          .doc = "seconds until it ends"},
                                         END},
     .errors =
         (const struct bd_vendor_error[]){
             {.code = 400,
              .kind = BD_REJECTED,
              .meaning =
                  "the token server cannot read the request; its answer names the exception"},
             {.code = 401,
              .kind = BD_AUTH,
              .meaning = "the API key is not valid",
              .hint = "Check client_id and api_key in the profile; the key may have been revoked."},
             {.code = 409,
              .kind = BD_CONFLICT,
              .meaning = "the user of the API key has several tokens",
              .hint = "Only Inspera's support can mend that."},
             {.code = 500,
              .kind = BD_SERVER,
              .meaning = "the token server failed",
              .hint = "When it stays so, ask Inspera's support."},
             {.code = 501,
              .kind = BD_REJECTED,
              .meaning = "the token server does not know this way of asking",
              .hint = "Check base_url."},
             NO_ERROR},
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .without_token = true,
     .not_enveloped = true,
     .permission = "the key's user needs the roles User Admin and Extended Access to make the key",
     .example = "inspera.authenticate()"},

    {.name = "create_committees",
     .summary = "Create committees on a test, or update them",
     .doc =
         "A committee is known by its name and type. What an update changes is not on the vendor's "
         "page: nothing, as far as we know." LATER,
     .section = "API endpoints to create / delete committees on a test, POST",
     .method = "POST",
     .endpoint = "base_url",
     .path = PATH,
     .params = (const struct bd_field[]){TEST_ID, COMMITTEES("one for each committee"),
                                         IS_EXTERNAL(0), END},
     .result_kind = BD_RESULT_NONE,
     .result = DONE_RESULT,
     .effect = BD_EFFECT_CREATE,
     .key = KEY("testId", "isExternal", "committees"),
     .probe = {.kind = BD_PROBE_REPEAT,
               .doc = "a second call updates what is there, and answers as the first would have"},
     .repeatable = true,
     .repeat_note = "a committee of that name and type is updated, not made twice",
     .example =
         "inspera.create_committees { testId = 3437420, committees = { { name = \"Jury A\" } } }"},

    {.name = "delete_committees",
     .summary = "Delete committees of a test",
     .doc = "People in a deleted committee stay on the test, without it (our assumption)." LATER,
     .section = "API endpoints to create / delete committees on a test, DELETE",
     .method = "DELETE",
     .endpoint = "base_url",
     .path = PATH,
     .params = (const struct bd_field[]){TEST_ID, COMMITTEES("the committees to delete"),
                                         IS_EXTERNAL(0), END},
     .result_kind = BD_RESULT_NONE,
     .result = DONE_RESULT,
     .effect = BD_EFFECT_DELETE,
     .key = KEY("testId", "isExternal", "committees"),
     .probe = {.kind = BD_PROBE_REPEAT,
               .code = 400,
               .says = "does not exist",
               .single = "committees",
               .otherwise = "of several committees, a second call does not tell which were there",
               .doc =
                   "a second call answers 400, \"Committee ... does not exist\", for what is gone "
                   "(our assumption)"},
     .caution = "Who was in which committee is gone with it.",
     .example =
         "inspera.delete_committees { testId = 3437420, committees = { { name = \"Jury A\" } } }"},

    {.name = "move_candidates",
     .summary = "Move candidates from one committee to another",
     .doc = BODY_NOTE,
     .section = "New API endpoints, .../committees/candidates/move",
     .method = "POST",
     .endpoint = "base_url",
     .path = PATH "/candidates/move",
     .params = (const struct bd_field[]){TEST_ID,
                                         PEOPLE("candidates", moved_candidates,
                                                "who moves, each by candidateId or externalId"),
                                         BODY, IS_EXTERNAL(BD_ASSUMED), END},
     .rules = (const struct bd_rule[]){PEOPLE_RULE("candidates"), NO_RULE},
     .result_kind = BD_RESULT_NONE,
     .result = DONE_RESULT,
     .effect = BD_EFFECT_UPDATE,
     .key = KEY("testId", "isExternal", "candidates", "body"),
     .probe = {.kind = BD_PROBE_REPEAT, .doc = MOVE_NOTE},
     .example =
         "inspera.move_candidates {\n"
         "  testId = 3437420,\n"
         "  candidates = { { candidateId = \"e-1001\", fromCommittee = { name = \"Jury A\" },\n"
         "    toCommittee = { name = \"Jury B\" } } },\n"
         "}"},

    {.name = "remove_candidates",
     .summary = "Take candidates out of a committee",
     .doc = BODY_NOTE,
     .section = "New API endpoints, .../committees/candidates/remove",
     .method = "POST",
     .endpoint = "base_url",
     .path = PATH "/candidates/remove",
     .params = (const struct bd_field[]){TEST_ID,
                                         PEOPLE("candidates", removed_candidates,
                                                "who leaves, each by candidateId or externalId"),
                                         BODY, IS_EXTERNAL(BD_ASSUMED), END},
     .rules = (const struct bd_rule[]){PEOPLE_RULE("candidates"), NO_RULE},
     .result_kind = BD_RESULT_NONE,
     .result = DONE_RESULT,
     .effect = BD_EFFECT_UPDATE,
     .key = KEY("testId", "isExternal", "candidates", "body"),
     .probe = {.kind = BD_PROBE_REPEAT,
               .code = 400,
               .says = "is not in committee",
               .single = "candidates",
               .otherwise = REMOVE_SEVERAL,
               .doc = REMOVE_NOTE},
     .caution = REMOVE_CAUTION,
     .example =
         "inspera.remove_candidates {\n"
         "  testId = 3437420,\n"
         "  candidates = { { candidateId = \"e-1001\", committee = { name = \"Jury A\" } } },\n"
         "}"},

    {.name = "move_contributors",
     .summary = "Move contributors, such as graders, between committees",
     .doc = BODY_NOTE,
     .section = "New API endpoints, .../committees/contributors/move",
     .method = "POST",
     .endpoint = "base_url",
     .path = PATH "/contributors/move",
     .params =
         (const struct bd_field[]){
             TEST_ID, PEOPLE("contributors", moved_contributors, "who moves, each by externalId"),
             BODY, IS_EXTERNAL(BD_ASSUMED), END},
     .rules = (const struct bd_rule[]){PEOPLE_RULE("contributors"), NO_RULE},
     .result_kind = BD_RESULT_NONE,
     .result = DONE_RESULT,
     .effect = BD_EFFECT_UPDATE,
     .key = KEY("testId", "isExternal", "contributors", "body"),
     .probe = {.kind = BD_PROBE_REPEAT, .doc = MOVE_NOTE},
     .example =
         "inspera.move_contributors {\n"
         "  testId = 3437420,\n"
         "  contributors = { { externalId = \"greta.grader@example.org\",\n"
         "    fromCommittee = { name = \"Jury A\" }, toCommittee = { name = \"Jury B\" } } },\n"
         "}"},

    {.name = "remove_contributors",
     .summary = "Take contributors, such as graders, out of a committee",
     .doc = BODY_NOTE,
     .section = "New API endpoints, .../committees/contributors/remove",
     .method = "POST",
     .endpoint = "base_url",
     .path = PATH "/contributors/remove",
     .params = (const struct bd_field[]){TEST_ID,
                                         PEOPLE("contributors", removed_contributors,
                                                "who leaves, each by externalId"),
                                         BODY, IS_EXTERNAL(BD_ASSUMED), END},
     .rules = (const struct bd_rule[]){PEOPLE_RULE("contributors"), NO_RULE},
     .result_kind = BD_RESULT_NONE,
     .result = DONE_RESULT,
     .effect = BD_EFFECT_UPDATE,
     .key = KEY("testId", "isExternal", "contributors", "body"),
     .probe = {.kind = BD_PROBE_REPEAT,
               .code = 400,
               .says = "is not in committee",
               .single = "contributors",
               .otherwise = REMOVE_SEVERAL,
               .doc = REMOVE_NOTE},
     .caution = REMOVE_CAUTION,
     .example = "inspera.remove_contributors {\n"
                "  testId = 3437420,\n"
                "  contributors = { { externalId = \"greta.grader@example.org\",\n"
                "    committee = { name = \"Jury A\" } } },\n"
                "}"},

    {.name = "create_test",
     .summary = "Create a test with its people and committees, or change one",
     .doc = "With the externalTestId of a test that is there, that test is changed; without one, "
            "each call "
            "makes another test (our assumption). A committee that a person names has to be in the "
            "same "
            "call or on the test already." LATER,
     .section = "Create committees when test is created",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/v1/test",
     .params = test_params,
     .result = (const struct bd_field[]){{.name = "testId",
                                          .type = &bd_id,
                                          .flags = BD_NULLABLE | BD_ASSUMED,
                                          .doc = "Inspera's id of the test"},
                                         {.name = "externalTestId",
                                          .type = &bd_id,
                                          .flags = BD_NULLABLE | BD_ASSUMED,
                                          .doc = "its id in your system"},
                                         {.name = "success",
                                          .type = &bd_boolean,
                                          .flags = BD_NULLABLE | BD_ASSUMED,
                                          .doc = "true; the vendor's page shows no answer"},
                                         END},
     .effect = BD_EFFECT_CREATE,
     .key = KEY("externalTestId"),
     .probe =
         {.doc = "a second call with the same externalTestId changes the test that the first made "
                 "(our assumption) and may take off who was added since, and without one it makes "
                 "another; Inspera shows its tests"},
     .caution = "On a test that is there, candidates that this call does not name may be taken off "
                "it unless "
                "keepCandidates is true.",
     .example =
         "inspera.create_test {\n"
         "  externalTestId = \"EXAM-2026-02\", title = \"February\", keepCandidates = true,\n"
         "  startTime = \"2026-02-02T08:00:00.000Z\", endTime = \"2026-02-02T12:00:00.000Z\",\n"
         "  committees = { { name = \"Jury A\" } },\n"
         "}"},
    END};

// ------------------------------------------------------------------------------------------------
// The vendor

static const struct bd_field settings[] = {
    {.name = "base_url",
     .type = &bd_url_type,
     .sandbox = "https://iad.inspera.no/api",
     .doc = "https://YOUR-DOMAIN/api, where YOUR-DOMAIN is where you use Inspera"},
    {.name = "client_id",
     .type = &bd_string,
     .sandbox = "test-client",
     .doc = "the institution's client id"},
    {.name = "api_key",
     .type = &bd_secret_text,
     .flags = BD_SECRET,
     .sandbox = "test-api-key",
     .doc =
         "an API key, which Inspera shows once; best that of a user who is there for integration "
         "only"},
    END};

// "Return codes"
static const struct bd_vendor_error errors[] = {
    {.code = 400, .kind = BD_REJECTED, .meaning = "there is no input, or it is not valid"},
    {.code = 401,
     .kind = BD_AUTH,
     .meaning = "the token is not valid",
     .hint = "Check the credentials of the profile.",
     .assumed = true},
    {.code = 403,
     .kind = BD_PERMISSION,
     .meaning = "the API key's user may not do this",
     .hint = "Administrators and chief invigilators may handle committees."},
    {.code = 404,
     .kind = BD_NOT_FOUND,
     .meaning = "there is no such test",
     .hint = "With an id of your own system, give isExternal = true."},
    {.code = 409,
     .kind = BD_CONFLICT,
     .meaning = "the test's external id is not the one that was given"},
    {.code = 500,
     .kind = BD_SERVER,
     .meaning = "the vendor failed",
     .hint = "When it stays so, ask Inspera's support."},
    NO_ERROR};

const struct bd_vendor bd_vendor_inspera = {
    .name = "inspera",
    .settle = 120,
    .title = "Inspera Assessment",
    .document = "API to handle committees",
    .settings = settings,
    .enumerations = enumerations,
    .errors = errors,
    .operations = operations,
    .auth = {.operation = "authenticate",
             .token = "access_token",
             .lifetime = "expires_in",
             .default_lifetime = 3600,
             .header = "Authorization: Bearer "},
    .envelope = {.ok = "success", .failure = "errors", .message = "message"},
    .hosts = KEY("iad.inspera.no"),
    .hello = {.operation = "authenticate", .doc = "the vendor's only reads need the id of a test"},
};
