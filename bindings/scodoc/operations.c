// SPDX-License-Identifier: MIT
// ScoDoc as a vendor: what its operations have in common. They stand in files of their own, by theme; each
// array leads to the next.
#include "room.h"

// ------------------------------------------------------------------------------------------------
// Enumerations

const struct bd_enumeration scodoc_civilite = {
    .name = "civilite",
    .doc = "form of address",
    .choices = (const struct bd_choice[]){{.name = "monsieur", .text = "M", .doc = "Monsieur"},
                                          {.name = "madame", .text = "F", .doc = "Madame"},
                                          {.name = "neutre", .text = "X", .doc = "neither"},
                                          END}};

// "formsemestre-etudiants"
const struct bd_enumeration scodoc_etat = {
    .name = "etat",
    .doc = "state of an enrolment",
    .choices =
        (const struct bd_choice[]){{.name = "inscrit", .text = "I", .doc = "enrolled"},
                                   {.name = "demissionnaire", .text = "D", .doc = "resigned"},
                                   {.name = "defaillant", .text = "DEF", .doc = "defaulting"},
                                   END}};

// "etudiant-formsemestre-bulletin"
const struct bd_enumeration scodoc_version = {
    .name = "version",
    .doc = "how much a bulletin says",
    .choices = (const struct bd_choice[]){
        {.name = "long", .text = "long", .doc = "everything; what comes without a version"},
        {.name = "short", .text = "short", .doc = "averages only"},
        {.name = "short_mat", .text = "short_mat", .doc = "as short, with the matières"},
        {.name = "long_mat", .text = "long_mat", .doc = "as long, with the matières"},
        {.name = "butcourt", .text = "butcourt", .doc = "one page of a BUT; later versions only"},
        END}};

const struct bd_enumeration scodoc_format = {
    .name = "format",
    .doc = "how numbers are written",
    .choices = (const struct bd_choice[]){
        {.name = "raw", .text = "raw", .doc = "as numbers, NaN where there is none"}, END}};

static const struct bd_enumeration *const enumerations[] = {&scodoc_civilite, &scodoc_etat,
                                                            &scodoc_version, &scodoc_format, NULL};

// ------------------------------------------------------------------------------------------------
// Selectors

const struct bd_rule scodoc_one_student[] = {{.kind = BD_ONE_OF,
                                              .names = {"etudid", "nip", "ine"},
                                              .doc = "give exactly one of etudid, nip and ine"},
                                             {.doc = NULL}};

const struct bd_rule scodoc_one_departement[] = {{.kind = BD_ONE_OF,
                                                  .names = {"dept_id", "dept"},
                                                  .doc = "give exactly one of dept_id and dept"},
                                                 {.doc = NULL}};

// ------------------------------------------------------------------------------------------------
// The token

static const struct bd_operation operations[] = {
    {.name = "tokens",
     .summary = "Fetch the token that calls are signed with",
     .doc =
         "Calls fetch their token by themselves. The answer is the same while the token has more "
         "than a minute to live, an hour in all.",
     .section = "Authentification",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/api/tokens",
     .empty_form = true,
     .result = (const struct bd_field[]){{.name = "token",
                                          .type = &bd_secret_text,
                                          .flags = BD_SECRET,
                                          .doc = "the token, opaque"},
                                         END},
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .without_token = true,
     .without_common = true,
     .example = "scodoc.tokens()"},
    {.name = NULL, .more = scodoc_departements}};

// ------------------------------------------------------------------------------------------------
// The vendor

static const struct bd_field settings[] = {
    {.name = "base_url",
     .type = &bd_url_type,
     .sandbox = "https://scodoc.example.com/ScoDoc",
     .doc = "https://YOUR-SERVER/ScoDoc"},
    {.name = "user",
     .type = &bd_string,
     .sandbox = "test-user",
     .doc = "user_name of the ScoDoc user that calls"},
    {.name = "password",
     .type = &bd_secret_text,
     .flags = BD_SECRET,
     .sandbox = "Test-Password-0001",
     .doc = "the user's password"},
    {.name = "department",
     .type = &bd_string,
     .doc = "acronym of the department that calls are limited to; without it, all departments"},
    END};

static const struct bd_field common[] = {
    {.name = "department",
     .type = &bd_string,
     .place = BD_IN_PATH,
     .setting = "department",
     .doc = "acronym of the department that the call is limited to, with the rights there"},
    END};

// "Codes HTTP"
static const struct bd_vendor_error errors[] = {
    {.code = 400, .kind = BD_REJECTED, .meaning = "the server refuses what was sent"},
    {.code = 401,
     .kind = BD_AUTH,
     .meaning = "authentication is needed: the token or the login is not accepted",
     .hint = "Check user and password in the profile; the user must be active."},
    {.code = 403,
     .kind = BD_PERMISSION,
     .meaning = "the user may not do this",
     .hint = "`beadle help` names the permission; it must be held in the object's department."},
    {.code = 404,
     .kind = BD_NOT_FOUND,
     .meaning =
         "the address is wrong, a parameter is missing or not valid, or there is no such object"},
    {.code = 500, .kind = BD_SERVER, .meaning = "unknown error of the server"},
    {.code = 0}};

const struct bd_vendor bd_vendor_scodoc = {
    .name = "scodoc",
    .settle = 120,
    .title = "ScoDoc",
    .document = "ScoDoc 9 API",
    .settings = settings,
    .common = common,
    .enumerations = enumerations,
    .errors = errors,
    .operations = operations,
    .auth = {.operation = "tokens",
             .token = "token",
             .default_lifetime = 3600,
             .header = "Authorization: Bearer ",
             .user = "user",
             .password = "password"},
    .envelope = {.message = "message"},
    .hosts = (const char *const[]){"scodoc.example.com", NULL},
    .hello = {.operation = "departements_ids"},
};
