// SPDX-License-Identifier: MIT
// "Formsemestres", "Jury", "Moduleimpl".
#include "room.h"

static const struct bd_field query[] = {
    {.name = "annee_scolaire",
     .type = &bd_integer,
     .place = BD_IN_QUERY,
     .doc = "first year of the school year"},
    {.name = "dept_acronym",
     .type = &bd_string,
     .place = BD_IN_QUERY,
     .doc = "the department, by its acronym"},
    {.name = "dept_id",
     .type = &bd_integer,
     .place = BD_IN_QUERY,
     .doc = "the department, by its id"},
    {.name = "etape_apo",
     .type = &bd_string,
     .place = BD_IN_QUERY,
     .doc = "Apogée code of the stage"},
    {.name = "nip",
     .type = &bd_string,
     .place = BD_IN_QUERY,
     .flags = BD_PERSONAL,
     .doc = "where a student with this NIP code is enrolled"},
    {.name = "ine",
     .type = &bd_string,
     .place = BD_IN_QUERY,
     .flags = BD_PERSONAL,
     .doc = "where a student with this INE code is enrolled"},
    END,
};

// "formsemestre-decisions_jury"
static const struct bd_field ue_of_rcue[] = {
    ABOUT("moy", bd_any, "average of the UE"),
    END,
};

static const struct bd_field rcue[] = {
    ABOUT("code", bd_string, "the decision, such as ADM"),
    ABOUT("moy", bd_any, "average of the two UEs"),
    WITH("ue_1", bd_object, ue_of_rcue, "the UE of the odd semester"),
    WITH("ue_2", bd_object, ue_of_rcue, "the UE of the even semester"),
    END,
};

static const struct bd_field decision[] = {
    MAYBE("etudid", bd_integer, "id of the student"),
    ABOUT("code_nip", bd_string, "NIP code"),
    MAYBE("is_apc", bd_boolean, "whether the programme is competence-based, as a BUT is"),
    ABOUT("etat", bd_string, "state of the enrolment: I, D or DEF"),
    WITH("rcues", bd_list, rcue, "decisions on the competences"),
    MAYBE("annee", bd_any, "decision on the year"),
    MAYBE("semestre", bd_any, "decision on the semester"),
    MAYBE("ues", bd_any, "decisions on the UEs"),
    MAYBE("autorisations", bd_any, "semesters that the student may enter"),
    END,
};

const struct bd_operation scodoc_formsemestres[] = {
    {.name = "departement_formsemestres_ids",
     .summary = "List the ids of a department's semesters, past and present",
     .section = "departement-formsemestres_ids",
     GET("/departement" IS_DEPARTMENT "/formsemestres_ids"),
     VIEW,
     .params = (const struct bd_field[]){DEPARTMENT, END},
     .rules = scodoc_one_departement,
     .result_kind = BD_RESULT_LIST,
     .example = "scodoc.departement_formsemestres_ids { dept = \"MMI\" }"},

    {.name = "departement_formsemestres_courants",
     .summary = "List the semesters of a department that run today",
     .section = "departement-formsemestres-courants",
     GET("/departement" IS_DEPARTMENT "/formsemestres_courants"),
     VIEW,
     .params = (const struct bd_field[]){DEPARTMENT, END},
     .rules = scodoc_one_departement,
     .result_kind = BD_RESULT_LIST,
     .result = scodoc_formsemestre,
     .example = "scodoc.departement_formsemestres_courants { dept = \"MMI\" }"},

    {.name = "formsemestres_query",
     .summary = "Find semesters; all that is given must hold",
     .section = "formsemestres-query",
     GET("/formsemestres/query"),
     VIEW,
     .params = query,
     .result_kind = BD_RESULT_LIST,
     .result = scodoc_formsemestre,
     .example = "scodoc.formsemestres_query { etape_apo = \"V7HU1\", annee_scolaire = 2021 }"},

    {.name = "etudiant_formsemestres",
     .summary = "List the semesters of a student, in order of time",
     .section = "etudiant-formsemestres",
     GET("/etudiant" IS_STUDENT "/formsemestres"),
     VIEW,
     .params = (const struct bd_field[]){STUDENT, END},
     .rules = scodoc_one_student,
     .result_kind = BD_RESULT_LIST,
     .result = scodoc_formsemestre,
     .example = "scodoc.etudiant_formsemestres { ine = \"1\" }"},

    {.name = "formsemestre",
     .summary = "Describe a semester",
     .section = "formsemestre",
     GET("/formsemestre/{formsemestre_id}"),
     VIEW,
     .params = (const struct bd_field[]){FORMSEMESTRE, END},
     .result = scodoc_formsemestre,
     .example = "scodoc.formsemestre { formsemestre_id = 1 }"},

    {.name = "formsemestre_decisions_jury",
     .summary = "List the jury's decisions of a semester",
     .doc = "The vendor's document leaves the members to its sample page: these are those that "
            "clients see.",
     .section = "formsemestre-decisions_jury",
     GET("/formsemestre/{formsemestre_id}/decisions_jury"),
     VIEW,
     .params = (const struct bd_field[]){FORMSEMESTRE, END},
     .result_kind = BD_RESULT_LIST,
     .result = decision,
     .example = "scodoc.formsemestre_decisions_jury { formsemestre_id = 1 }"},

    {.name = "moduleimpl",
     .summary = "Describe a module as it is taught in a semester",
     .doc = "scodoc.formsemestre_programme lists those of a semester.",
     .section = "moduleimpl",
     GET("/moduleimpl/{moduleimpl_id}"),
     VIEW,
     .params =
         (const struct bd_field[]){
             IN_PATH("moduleimpl_id", bd_integer, "the module as taught, by its id"), END},
     .result = scodoc_moduleimpl,
     .example = "scodoc.moduleimpl { moduleimpl_id = 1 }"},
    {.name = NULL, .more = scodoc_groupes}};
