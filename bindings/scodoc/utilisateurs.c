// SPDX-License-Identifier: MIT
// "Utilisateurs et permissions", "Rôles". A role is a name and permissions; a user holds roles, each in one
// department or in all. Where the document's sections and its summary table name different permissions, the
// section's stands here.
#include "room.h"

#define SEES    .permission = "ScoUsersView"
#define KEEPS   .permission = "ScoUsersAdmin"
#define SUPER   .permission = "ScoSuperAdmin"
#define ROLE    IN_PATH("role_name", bd_string, "the role, by its name")
#define OF_PERM IN_PATH("perm_name", bd_string, "the permission, by its name")

#define AGAIN(sentence) .probe = {.kind = BD_PROBE_REPEAT, .doc = (sentence)}, .repeatable = true

#define IN_DEPARTMENT                                                        \
    {                                                                        \
        .name = "dept_acronym", .type = &bd_string, .place = BD_IN_PATH,     \
        .doc = "the department, by its acronym; without it, all departments" \
    }

#define ABOUT_USER(param, more, sentence) IN_JSON(param, bd_string, BD_PERSONAL | (more), sentence)
#define DEPT                                \
    IN_JSON("dept", bd_string, BD_NULLABLE, \
            "acronym of the user's department; json.null for none, as for super-administrators")

#define ACTIVE \
    IN_JSON("active", bd_boolean, 0, "whether the user may log in; the vendor's default is true")

#define REFUSED_404(sentence)                                                        \
    .errors = (const struct bd_vendor_error[])                                       \
    {                                                                                \
        {.code = 404, .kind = BD_NOT_FOUND, .meaning = (sentence), .assumed = true}, \
        {                                                                            \
            .code = 0                                                                \
        }                                                                            \
    }

static const struct bd_field user[] = {
    SURE("id", bd_integer, "id of the user"),
    ABOUT("user_name", bd_string, "login, never changes"),
    ABOUT("nom", bd_string, "name"),
    ABOUT("prenom", bd_string, "first name"),
    MAYBE("dept", bd_string, "acronym of the user's department"),
    MAYBE("active", bd_boolean, "whether the user may log in"),
    ABOUT("email", bd_string, "e-mail address"),
    MAYBE("roles_string", bd_string, "roles with their departments, such as \"Ens_RT, Secr_CJ\""),
    MAYBE("status_txt", bd_string, "\"actif\" or \"fermé\""),
    MAYBE("date_created", bd_string, "when the user was created"),
    MAYBE("date_modif_passwd", bd_string, "when the password was changed"),
    MAYBE("date_expiration", bd_string, "when the user ends"),
    MAYBE("last_seen", bd_string, "when the user was here last"),
    ABOUT("nom_fmt", bd_string, "name as it is shown"),
    ABOUT("prenom_fmt", bd_string, "first name as it is shown"),
    ABOUT("nomprenom", bd_string, "name and initial"),
    ABOUT("prenomnom", bd_string, "initial and name"),
    ABOUT("nomplogin", bd_string, "name, first name and login"),
    ABOUT("nomcomplet", bd_string, "first name and name"),
    END,
};

static const struct bd_field role[] = {
    SURE("role_name", bd_string, "name of the role"),
    MAYBE("id", bd_integer, "id of the role"),
    MAYBE("permissions", bd_string_list, "names of its permissions"),
    END,
};

static const struct bd_probe old_name_is_gone = {
    .kind = BD_PROBE_READ,
    .operation = "role",
    .when = "name",
    .otherwise = "without a new name the old one stays",
    .ask = (const struct bd_probe_ask[]){{"role_name", .param = "role_name"}, {NULL}},
    .gone = true,
    .code = 404,
    .doc = "the old name is gone"};

const struct bd_operation scodoc_utilisateurs[] = {
    {.name = "roles",
     .summary = "List the roles with their permissions",
     .section = "roles",
     GET("/roles"),
     SEES,
     .result_kind = BD_RESULT_LIST,
     .result = role,
     .example = "scodoc.roles()"},

    {.name = "role",
     .summary = "Describe a role",
     .section = "role",
     GET("/role/{role_name}"),
     SEES,
     .params = (const struct bd_field[]){ROLE, END},
     .result = role,
     .example = "scodoc.role { role_name = \"Ens\" }"},

    {.name = "role_add_permission",
     .summary = "Give a role a permission",
     .section = "role-add_permission",
     POST("/role/{role_name}/add_permission/{perm_name}"),
     SUPER,
     .params = (const struct bd_field[]){ROLE, OF_PERM, END},
     .result = role,
     .effect = BD_EFFECT_UPDATE,
     .key = KEY("role_name", "perm_name"),
     AGAIN("a permission that the role has is not added twice"),
     .example = "scodoc.role_add_permission { role_name = \"Ens\", perm_name = \"ScoView\" }"},

    {.name = "role_remove_permission",
     .summary = "Take a permission from a role",
     .section = "role-remove_permission",
     POST("/role/{role_name}/remove_permission/{perm_name}"),
     SUPER,
     .params = (const struct bd_field[]){ROLE, OF_PERM, END},
     .result = role,
     .effect = BD_EFFECT_UPDATE,
     .key = KEY("role_name", "perm_name"),
     AGAIN("a permission that the role does not have stays away"),
     .example = "scodoc.role_remove_permission { role_name = \"Ens\", perm_name = \"ScoView\" }"},

    {.name = "role_create",
     .summary = "Create a role",
     .section = "role-create",
     POST("/role/create/{role_name}"),
     SUPER,
     .params =
         (const struct bd_field[]){
             IN_PATH("role_name", bd_string, "name of the new role"),
             IN_JSON("permissions", bd_string_list, BD_REQUIRED, "names of its permissions"), END},
     .result = role,
     REFUSED_404("the name is in use, or a permission is unknown"),
     .effect = BD_EFFECT_CREATE,
     .key = KEY("role_name"),
     .probe = {.kind = BD_PROBE_READ,
               .operation = "role",
               .ask = (const struct bd_probe_ask[]){{"role_name", .param = "role_name"}, {NULL}},
               .doc = "it answers for this name once the role was created"},
     .example =
         "scodoc.role_create { role_name = \"LaveurDecarreaux\", permissions = { \"ScoView\" } }"},

    {.name = "role_delete",
     .summary = "Delete a role",
     .section = "role-delete",
     POST("/role/{role_name}/delete"),
     SUPER,
     .params = (const struct bd_field[]){ROLE, END},
     .result_kind = BD_RESULT_NONE,
     .effect = BD_EFFECT_DELETE,
     .repeatable = true,
     .key = KEY("role_name"),
     .probe = {.kind = BD_PROBE_REPEAT, .code = 404, .doc = "404 says that it is gone"},
     .example = "scodoc.role_delete { role_name = \"LaveurDecarreaux\" }"},

    {.name = "role_edit",
     .summary = "Rename a role, replace its permissions, or both",
     .section = "role-edit",
     POST("/role/edit/{role_name}"),
     SUPER,
     .params = (const struct bd_field[]){ROLE, IN_JSON("name", bd_string, 0, "the new name"),
                                         IN_JSON("permissions", bd_string_list, 0,
                                                 "names of all permissions it shall have"),
                                         END},
     .rules = (const struct bd_rule[]){{.kind = BD_ANY_OF,
                                        .names = {"name", "permissions"},
                                        .doc = "give name, permissions or both",
                                        .assumed = true},
                                       {.doc = NULL}},
     .result = role,
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .repeat_note = "once it is renamed, the old name answers 404 and nothing more changes",
     .key = KEY("role_name", "name", "permissions"),
     .probe = {.kind = BD_PROBE_READ,
               .operation = "role",
               .ask = (const struct bd_probe_ask[]){{"role_name", .param = "role_name"},
                                                    {"role_name", .param = "name"},
                                                    {NULL}},
               .match = (const struct bd_probe_match[]){{"permissions", "permissions"}, {NULL}},
               .also = &old_name_is_gone,
               .doc = "it shows the permissions, under the new name if there is one, and the old "
                      "name is gone then"},
     .example =
         "scodoc.role_edit { role_name = \"LaveurDecarreaux\", permissions = { \"ScoView\" } }"},

    // "Utilisateurs"
    {.name = "user",
     .summary = "Describe a user",
     .section = "user",
     GET("/user/{user_id}"),
     SEES,
     .params = (const struct bd_field[]){{.name = "user_id",
                                          .type = &bd_integer,
                                          .place = BD_IN_PATH,
                                          .flags = BD_REQUIRED | BD_PERSONAL,
                                          .doc = "the user, by the id"},
                                         END},
     .result = user,
     .example = "scodoc.user { user_id = 1 }"},

    {.name = "user_create",
     .summary = "Create a user, without a password",
     .doc = "The user cannot log in before scodoc.user_password has set a password.",
     .section = "user-create",
     POST("/user/create"),
     KEEPS,
     .params =
         (const struct bd_field[]){
             ABOUT_USER("user_name", BD_REQUIRED,
                        "login: letters, digits and @ \\ - _ . only; unique, never changes"),
             ABOUT_USER("nom", BD_REQUIRED, "name"),
             ABOUT_USER("prenom", BD_REQUIRED, "first name"), DEPT, ACTIVE, END},
     .result = user,
     REFUSED_404("the login is in use or not valid, or there is no such department"),
     .effect = BD_EFFECT_CREATE,
     .key = KEY("user_name"),
     .probe = {.kind = BD_PROBE_READ,
               .operation = "users_query",
               .ask = (const struct bd_probe_ask[]){{"starts_with", .param = "nom"}, {NULL}},
               .match = (const struct bd_probe_match[]){{"user_name", "user_name"}, {NULL}},
               .doc = "look for the login among the users whose name starts with nom"},
     .example = "scodoc.user_create { user_name = \"alain\", nom = \"alain\", prenom = \"bruno\", "
                "dept = \"INFO\" }"},

    {.name = "users_query",
     .summary = "Find users; all that is given must hold",
     .doc = "Only users that the caller may see.",
     .section = "users-query",
     GET("/users/query"),
     SEES,
     .params = (const struct bd_field[]){{.name = "departement",
                                          .type = &bd_string,
                                          .place = BD_IN_QUERY,
                                          .doc = "acronym of the users' department"},
                                         {.name = "active",
                                          .type = &bd_flag,
                                          .place = BD_IN_QUERY,
                                          .doc = "only users who may log in"},
                                         {.name = "starts_with",
                                          .type = &bd_string,
                                          .place = BD_IN_QUERY,
                                          .flags = BD_PERSONAL,
                                          .doc = "how the name begins"},
                                         END},
     .result_kind = BD_RESULT_LIST,
     .result = user,
     .example =
         "scodoc.users_query { departement = \"INFO\", active = true, starts_with = \"al\" }"},

    {.name = "user_edit",
     .summary = "Change a user's department, name or state",
     .section = "user-edit",
     POST("/user/{uid}/edit"),
     KEEPS,
     .params = (const struct bd_field[]){USER, DEPT, ABOUT_USER("nom", 0, "name"),
                                         ABOUT_USER("prenom", 0, "first name"), ACTIVE, END},
     .result = user,
     .effect = BD_EFFECT_UPDATE,
     .key = KEY("uid", "dept", "nom", "prenom", "active"),
     AGAIN("setting the same values twice changes nothing more"),
     .example = "scodoc.user_edit { uid = 10, active = false }"},

    {.name = "user_password",
     .summary = "Set a user's password",
     .section = "user-password",
     POST("/user/{uid}/password"),
     KEEPS,
     .params =
         (const struct bd_field[]){
             USER, IN_JSON("password", bd_secret_text, BD_REQUIRED | BD_SECRET, "the new password"),
             END},
     .result = user,
     .errors = (const struct bd_vendor_error[]){{.code = 400,
                                                 .kind = BD_REJECTED,
                                                 .meaning = "the password is refused: too simple",
                                                 .hint = "Choose a longer one that is no word."},
                                                {.code = 0}},
     .effect = BD_EFFECT_UPDATE,
     .key = KEY("uid"),
     AGAIN("the same password twice changes nothing more"),
     .example = "scodoc.user_password { uid = 3, password = secret }"},

    {.name = "user_role_add",
     .summary = "Give a user a role",
     .section = "user-role-add",
     POST("/user/{uid}/role/{role_name}/add[/departement/{dept_acronym}]"),
     SUPER,
     .params = (const struct bd_field[]){USER, ROLE, IN_DEPARTMENT, END},
     .result = user,
     .effect = BD_EFFECT_UPDATE,
     .key = KEY("uid", "role_name", "dept_acronym"),
     AGAIN("a role that the user has is not given twice"),
     .example = "scodoc.user_role_add { uid = 10, role_name = \"Ens\", dept_acronym = \"INFO\" }"},

    {.name = "user_role_remove",
     .summary = "Take a role from a user",
     .section = "user-role-remove",
     POST("/user/{uid}/role/{role_name}/remove[/departement/{dept_acronym}]"),
     KEEPS,
     .params = (const struct bd_field[]){USER, ROLE, IN_DEPARTMENT, END},
     .result = user,
     .effect = BD_EFFECT_UPDATE,
     .key = KEY("uid", "role_name", "dept_acronym"),
     AGAIN("a role that the user does not have stays away"),
     .example =
         "scodoc.user_role_remove { uid = 10, role_name = \"Ens\", dept_acronym = \"INFO\" }"},

    {.name = "permissions",
     .summary = "List the names of all permissions",
     .doc = "They cannot be changed; updates may bring new ones.",
     .section = "permissions",
     GET("/permissions"),
     SEES,
     .result_kind = BD_RESULT_LIST,
     .example = "scodoc.permissions()"},
    {.name = NULL}};
