// SPDX-License-Identifier: MIT
// "Etudiants".
#include "room.h"

#define LONG OPTION("long", "all that is known of each student; slower")

const struct bd_operation scodoc_etudiants[] = {
    {.name = "etudiants",
     .summary = "List all students, past and present",
     .removed =
         "Use scodoc.etudiants_courants, or scodoc.departement_etudiants for past students too."},

    {.name = "etudiants_courants",
     .summary = "List the students of the semesters that run today",
     .section = "etudiants-courants",
     GET("/etudiants/courants[?long:/long]"),
     VIEW,
     .params = (const struct bd_field[]){LONG, END},
     .result_kind = BD_RESULT_LIST,
     .result = scodoc_etudiant,
     .example = "scodoc.etudiants_courants { long = true }"},

    {.name = "etudiants_clef",
     .summary = "Find a student in all departments",
     .doc =
         "As scodoc.etudiant, but always a list: empty when there is no such student, with several "
         "elements when the person was in several departments.",
     .section = "etudiants-clef",
     GET("/etudiants" IS_STUDENT),
     VIEW,
     .params = (const struct bd_field[]){STUDENT, END},
     .rules = scodoc_one_student,
     .result_kind = BD_RESULT_LIST,
     .result = scodoc_etudiant,
     .example = "scodoc.etudiants_clef { nip = \"1\" }"},

    {.name = "departement_etudiants",
     .summary = "List all students of a department, past and present",
     .section = "departement-etudiants",
     GET("/departement" IS_DEPARTMENT "/etudiants"),
     VIEW,
     .params = (const struct bd_field[]){DEPARTMENT, END},
     .rules = scodoc_one_departement,
     .result_kind = BD_RESULT_LIST,
     .result = scodoc_etudiant,
     .caution = "The list is long and costs the server much; the vendor says to avoid it.",
     .example = "scodoc.departement_etudiants { dept = \"MMI\" }"},

    {.name = "formsemestre_etudiants",
     .summary = "List the students of a semester",
     .section = "formsemestre-etudiants",
     GET("/formsemestre/{formsemestre_id}/etudiants[?long:/long][?etat:/query]"),
     VIEW,
     .params = (const struct bd_field[]){FORMSEMESTRE, LONG, ETAT, END},
     .result_kind = BD_RESULT_LIST,
     .result = scodoc_etudiant,
     .example =
         "scodoc.formsemestre_etudiants { formsemestre_id = 1, etat = scodoc.etat.inscrit }"},

    {.name = "group_etudiants",
     .summary = "List the students of a group",
     .section = "group-etudiants",
     GET("/group/{group_id}/etudiants[?etat:/query]"),
     VIEW,
     .params = (const struct bd_field[]){IN_PATH("group_id", bd_integer, "the group, by its id"),
                                         ETAT, END},
     .result_kind = BD_RESULT_LIST,
     .result = scodoc_etudiant,
     .example = "scodoc.group_etudiants { group_id = 1 }"},

    {.name = "etudiant",
     .summary = "Describe a student",
     .doc = "Codes are unique in a department only: when several students have one, the vendor "
            "answers "
            "with the one who enrolled last.",
     .section = "etudiant",
     GET("/etudiant" IS_STUDENT),
     VIEW,
     .params = (const struct bd_field[]){STUDENT, END},
     .rules = scodoc_one_student,
     .result = scodoc_etudiant,
     .example = "scodoc.etudiant { nip = \"1\" }"},
    {.name = NULL, .more = scodoc_formsemestres}};
