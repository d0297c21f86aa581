// SPDX-License-Identifier: MIT
// The operations of Lära. Facts: the vendor's page "Lära API" on single sign-on; `section` names the heading.
// Each function of the API is a POST of a JSON object, signed by a key in a header of its own.
#include "bindings/catalogue/operation.h"
#include "bindings/catalogue/type.h"

// "user/getsso", redirectType
static const struct bd_enumeration redirect_type = {
    .name = "redirect_type",
    .doc = "where the link leads once the user is signed in",
    .choices = (const struct bd_choice[]){
        {1, "my_dashboard", "the user's dashboard"},
        {2, "my_workspaces", "the user's workspaces"},
        {3, "workspace_instance", "an instance of a workspace; needs refId"},
        {4, "workspace", "a workspace; needs refId"},
        {5, "my_folder", "the user's folder"},
        {8, "via", "an activity of Via HTML5, or with subRefId its recording; needs refId"},
        {0, NULL, NULL}}};

static const struct bd_enumeration *const enumerations[] = {&redirect_type, NULL};

#define ID_NOTE "; pass it on as it was received, encoded or not"

static const struct bd_field get_sso_url_params[] = {
    {.name = "id",
     .type = &bd_string,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED | BD_PERSONAL,
     .doc = "the user whom the link signs in" ID_NOTE},
    {.name = "portalId",
     .type = &bd_string,
     .place = BD_IN_JSON,
     .flags = BD_NULLABLE,
     .doc = "the portal for branding and signing out; without it the default portal" ID_NOTE},
    {.name = "redirectType",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_NULLABLE,
     .choices = &redirect_type,
     .doc = "where the link leads"},
    {.name = "refId",
     .type = &bd_string,
     .place = BD_IN_JSON,
     .flags = BD_NULLABLE,
     .doc = "the workspace, instance or activity that redirectType is about" ID_NOTE},
    {.name = "subRefId",
     .type = &bd_string,
     .place = BD_IN_JSON,
     .flags = BD_NULLABLE,
     .doc = "the recording of the activity refId" ID_NOTE},
    {.name = "urlRedirect",
     .type = &bd_url_type,
     .place = BD_IN_JSON,
     .flags = BD_NULLABLE,
     .doc = "the address that the link leads to, instead of redirectType"},
    {.name = "forceAccess",
     .type = &bd_flag,
     .place = BD_IN_JSON,
     .doc = "with redirectType 8: enter the activity as host without being attached to it"},
    {.name = NULL}};

static const struct bd_rule get_sso_url_rules[] = {
    {.kind = BD_ANY_OF,
     .names = {"redirectType", "urlRedirect"},
     .doc = "redirectType or urlRedirect is required"},
    {.kind = BD_NEEDS,
     .names = {"redirectType", "refId"},
     .values = {3, 4, 8},
     .doc = "redirectType 3, 4 and 8 need refId"},
    {.kind = BD_NEEDS, .names = {"subRefId", "refId"}, .doc = "subRefId is part of a refId"},
    {.kind = BD_NEEDS,
     .names = {"forceAccess", "redirectType"},
     .doc = "forceAccess is for redirectType 8 only"},
    {.doc = NULL}};

static const struct bd_operation operations[] = {
    {.name = "get_sso_url",
     .summary = "Make a link that signs a user in",
     .doc = "Each call makes a fresh link for the user's browser. Identifiers come encoded from "
            "the vendor "
            "(\"...%3d%3d\"): they are opaque and travel as they are.",
     .section = "user/getsso",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/user/getsso",
     .params = get_sso_url_params,
     .rules = get_sso_url_rules,
     .result =
         (const struct bd_field[]){{.name = "urlSSO",
                                    .type = &bd_url_type,
                                    .flags = BD_PERSONAL,
                                    .doc = "the link; whoever has it is signed in as the user"},
                                   {.name = NULL}},
     .errors =
         (const struct bd_vendor_error[]){
             {.code = 39,
              .kind = BD_NOT_FOUND,
              .meaning = "there is no such user",
              .hint = "Pass the id on exactly as the vendor gave it, %3d%3d included.",
              .assumed = true},
             {.code = 0}},
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .caution =
         "The link signs in whoever opens it: hand it to that user only, and keep it in no file.",
     .example =
         "lara.get_sso_url { id = user_id, redirectType = lara.redirect_type.my_dashboard }"},
    {.name = NULL}};

static const struct bd_field settings[] = {
    {.name = "base_url",
     .type = &bd_url_type,
     .sandbox = "https://portal.example.org/lmsapi",
     .doc = "https://YOUR-DOMAIN/lmsapi; the portal's API page shows it"},
    {.name = "api_id",
     .type = &bd_secret_text,
     .flags = BD_SECRET,
     .sandbox = "00000000000000000000000000000000",
     .doc = "the key of the API access, from Advanced settings, API"},
    {.name = NULL}};

// "Codes d'erreurs génériques"
static const struct bd_vendor_error errors[] = {
    {1, BD_REJECTED, "an id is required"},
    {2, BD_REJECTED, "an id is not valid"},
    {3, BD_REJECTED, "the country is not valid"},
    {4, BD_REJECTED, "the province or state is not valid"},
    {5, BD_REJECTED, "the province or state is required"},
    {6, BD_REJECTED, "a custom field is required; the vendor's message names it"},
    {7, BD_REJECTED, "the custom field does not exist"},
    {8, BD_REJECTED, "the custom field cannot be null"},
    {9, BD_REJECTED, "the value of the custom field is of the wrong type"},
    {10, BD_REJECTED, "the value of the custom field is none of its list"},
    {11, BD_REJECTED, "the country in the custom field is not valid"},
    {12, BD_REJECTED, "the request names no action", "Check base_url."},
    {13, BD_REJECTED, "the JSON is not valid"},
    {14, BD_REJECTED, "the action is unknown", "Check base_url."},
    {15, BD_REJECTED, "the API is unknown", "Check base_url."},
    {16, BD_AUTH, "the key is missing"},
    {17, BD_AUTH, "the key is unknown", "Check api_id in the profile."},
    {18, BD_REJECTED, "the URL is not valid"},
    {19, BD_PERMISSION, "calls from this IP address are not allowed",
     "Add the address to the API access in the portal's advanced settings."},
    {20, BD_REJECTED, "the request was refused; the vendor's message says why"},
    {21, BD_REJECTED, "the location in the custom field is not valid"},
    {22, BD_REJECTED, "nothing to search for was given"},
    {23, BD_SERVER, "the vendor failed unexpectedly"},
    {0, BD_REJECTED, NULL}};

const struct bd_vendor bd_vendor_lara = {
    .name = "lara",
    .settle = 60,
    .title = "Lära",
    .document = "Lära API",
    .settings = settings,
    .enumerations = enumerations,
    .errors = errors,
    .operations = operations,
    .auth = {.key = "api_id", .header = "ApiID: "},
    .envelope = {.failure = "errors", .code = "code", .message = "message"},
    .hosts = (const char *const[]){"portal.example.org", NULL},
    .hello = {.doc = "the vendor's only operation makes a link that signs somebody in"},
};
