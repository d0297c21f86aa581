// SPDX-License-Identifier: MIT
// "Départements", "Formations", "Logos".
#include "room.h"

#define ACRONYM IN_PATH("dept_acronym", bd_string, "the department, by its acronym")
#define SUPER   .permission = "ScoSuperAdmin"

#define FORMATION IN_PATH("formation_id", bd_integer, "the programme, by its id")
#define NOM       IN_PATH("nom", bd_string, "name of the logo, such as header")

static const struct bd_answer image[] = {
    {.kind = BD_ANSWER_BYTES,
     .field = {.name = "bytes", .type = &bd_text, .doc = "the image, PNG or JPEG as first stored"},
     .media = "image/"},
    {.field = END}};

// "formation-export": the programme as a tree
static const struct bd_field exported_module[] = {
    GUESS("module_id", bd_integer, "id; with_ids only"),
    GUESS("code", bd_string, "code of the module"),
    GUESS("titre", bd_string, "title"),
    GUESS("coefficient", bd_any, "weight"),
    END,
};

static const struct bd_field exported_matiere[] = {
    GUESS("matiere_id", bd_integer, "id; with_ids only"),
    GUESS("titre", bd_string, "title"),
    GUESS("numero", bd_any, "its place"),
    GUESS_WITH("module", bd_list, exported_module, "its modules"),
    END,
};

static const struct bd_field exported_ue[] = {
    GUESS("ue_id", bd_integer, "id; with_ids only"),
    GUESS("acronyme", bd_string, "acronym of the UE"),
    GUESS("titre", bd_string, "title"),
    GUESS_WITH("matiere", bd_list, exported_matiere, "its matières"),
    END,
};

static const struct bd_field exported_formation[] = {
    GUESS("formation_id", bd_integer, "id; with_ids only"),
    GUESS("acronyme", bd_string, "acronym of the programme"),
    GUESS("titre", bd_string, "title"),
    GUESS("version", bd_any, "version"),
    GUESS_WITH("ue", bd_list, exported_ue, "its UEs"),
    END,
};

const struct bd_operation scodoc_departements[] = {
    {.name = "departements",
     .summary = "List the departments, visible or not",
     .section = "departements",
     GET("/departements"),
     .result_kind = BD_RESULT_LIST,
     .result = scodoc_departement,
     .example = "scodoc.departements()"},

    {.name = "departements_ids",
     .summary = "List the ids of the departments, visible or not",
     .section = "departements-ids",
     GET("/departements_ids"),
     VIEW,
     .result_kind = BD_RESULT_LIST,
     .example = "scodoc.departements_ids()"},

    {.name = "departement",
     .summary = "Describe a department",
     .section = "departement",
     GET("/departement" IS_DEPARTMENT),
     VIEW,
     .params = (const struct bd_field[]){DEPARTMENT, END},
     .rules = scodoc_one_departement,
     .result = scodoc_departement,
     .example = "scodoc.departement { dept = \"INFO\" }"},

    {.name = "departement_create",
     .summary = "Create a department",
     .section = "departement-create",
     POST("/departement/create"),
     SUPER,
     .params =
         (const struct bd_field[]){
             IN_JSON("acronym", bd_string, BD_REQUIRED, "acronym, unique; in capitals by custom"),
             IN_JSON("visible", bd_boolean, 0, "whether the home page shows it"), END},
     .result = scodoc_departement,
     .errors =
         (const struct bd_vendor_error[]){{.code = 404,
                                           .kind = BD_NOT_FOUND,
                                           .meaning = "the acronym is missing, not valid or in use",
                                           .assumed = true},
                                          {.code = 0}},
     .effect = BD_EFFECT_CREATE,
     .key = KEY("acronym"),
     .probe = {.kind = BD_PROBE_READ,
               .operation = "departement",
               .ask = (const struct bd_probe_ask[]){{"dept", .param = "acronym"}, {NULL}},
               .doc = "it answers for this acronym as dept once the department was created"},
     .example = "scodoc.departement_create { acronym = \"QLIO\", visible = true }"},

    {.name = "departement_edit",
     .summary = "Show or hide a department",
     .doc = "The acronym never changes.",
     .section = "departement-edit",
     POST("/departement/{dept_acronym}/edit"),
     SUPER,
     .params =
         (const struct bd_field[]){
             ACRONYM, IN_JSON("visible", bd_boolean, BD_REQUIRED, "whether the home page shows it"),
             END},
     .result = scodoc_departement,
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .key = KEY("dept_acronym", "visible"),
     .probe = {.kind = BD_PROBE_REPEAT, .doc = "setting the same value twice changes nothing more"},
     .example = "scodoc.departement_edit { dept_acronym = \"QLIO\", visible = false }"},

    {.name = "departement_delete",
     .summary = "Delete a department with all its data",
     .section = "departement-delete",
     POST("/departement/{dept_acronym}/delete"),
     SUPER,
     .params = (const struct bd_field[]){ACRONYM, END},
     .result_kind = BD_RESULT_NONE,
     .effect = BD_EFFECT_DELETE,
     .repeatable = true,
     .repeat_note = "a department that is gone answers 404",
     .key = KEY("dept_acronym"),
     .probe = {.kind = BD_PROBE_REPEAT, .code = 404, .doc = "404 says that it is gone"},
     .caution = "Students, programmes, semesters and marks of the department are deleted with it.",
     .example = "scodoc.departement_delete { dept_acronym = \"EARTH\" }"},

    // "Formations"
    {.name = "formations",
     .summary = "List the programmes of the accessible departments",
     .section = "formations",
     GET("/formations"),
     VIEW,
     .result_kind = BD_RESULT_LIST,
     .result = scodoc_formation,
     .example = "scodoc.formations()"},

    {.name = "formations_ids",
     .summary = "List the ids of the programmes",
     .section = "formations_ids",
     GET("/formations_ids"),
     VIEW,
     .result_kind = BD_RESULT_LIST,
     .example = "scodoc.formations_ids()"},

    {.name = "formation",
     .summary = "Describe a programme",
     .section = "formation",
     GET("/formation/{formation_id}"),
     VIEW,
     .params = (const struct bd_field[]){FORMATION, END},
     .result = scodoc_formation,
     .example = "scodoc.formation { formation_id = 1 }"},

    {.name = "formation_export",
     .summary = "Give a programme as a tree of UEs, matières and modules",
     .section = "formation-export",
     GET("/formation/{formation_id}/export[?with_ids:_with_ids]"),
     VIEW,
     .params =
         (const struct bd_field[]){FORMATION,
                                   OPTION("with_ids", "with the ids of all parts"),
                                   {.name = "export_ids",
                                    .type = &bd_flag,
                                    .place = BD_ASIDE,
                                    .means = "with_ids",
                                    .doc = "another name of with_ids, in the vendor's document"},
                                   END},
     .result = exported_formation,
     .example = "scodoc.formation_export { formation_id = 1, with_ids = true }"},

    {.name = "formation_referentiel_competences",
     .summary = "Give the competence framework of a programme",
     .doc = "A programme may have none: then the answer is nothing, or empty. Otherwise it has "
            "specialite, "
            "specialite_long, competences and parcours.",
     .section = "formation-referentiel_competences",
     GET("/formation/{formation_id}/referentiel_competences"),
     VIEW,
     .params = (const struct bd_field[]){FORMATION, END},
     .result_kind = BD_RESULT_ANY,
     .example = "scodoc.formation_referentiel_competences { formation_id = 1 }"},

    // "Logos"
    {.name = "logos",
     .summary = "List the names of the site's logos",
     .section = "logos",
     GET("/logos"),
     SUPER,
     .result_kind = BD_RESULT_LIST,
     .example = "scodoc.logos()"},

    {.name = "logo",
     .summary = "Give a logo of the site",
     .section = "logo",
     GET("/logo/{nom}"),
     SUPER,
     .params = (const struct bd_field[]){NOM, END},
     .answers = image,
     .example = "scodoc.logo { nom = \"header\" }"},

    {.name = "departement_logos",
     .summary = "List the names of a department's logos",
     .section = "departement-logos",
     GET("/departement" IS_DEPARTMENT "/logos"),
     SUPER,
     .params = (const struct bd_field[]){DEPARTMENT, END},
     .rules = scodoc_one_departement,
     .result_kind = BD_RESULT_LIST,
     .example = "scodoc.departement_logos { dept = \"MMI\" }"},

    {.name = "departement_logo",
     .summary = "Give a logo of a department",
     .section = "departement-logo",
     GET("/departement" IS_DEPARTMENT "/logo/{nom}"),
     SUPER,
     .params = (const struct bd_field[]){DEPARTMENT, NOM, END},
     .rules = scodoc_one_departement,
     .answers = image,
     .example = "scodoc.departement_logo { dept_id = 2, nom = \"header\" }"},
    {.name = NULL, .more = scodoc_etudiants}};
