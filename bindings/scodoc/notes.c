// SPDX-License-Identifier: MIT
// "Bulletins", "Evaluations", "Notes": what students achieved. A mark is a text such as "14.00", a number
// with format raw, NaN there when there is none, or a word: ABS, EXC, DEM, ATT, "~".
#include "room.h"

// ------------------------------------------------------------------------------------------------
// "Bulletin"

static const struct bd_field note[] = {
    ABOUT("value", bd_any, "the student's mark"),
    MAYBE("min", bd_any, "the lowest of all"),
    MAYBE("max", bd_any, "the highest of all"),
    MAYBE("moy", bd_any, "the mean of all"),
    ABOUT("rang", bd_any, "rank"),
    MAYBE("total", bd_any, "how many students are ranked"),
    END,
};

static const struct bd_field evaluation_of_bulletin[] = {
    MAYBE("id", bd_integer, "id of the evaluation"),
    MAYBE("coef", bd_any, "weight"),
    MAYBE("description", bd_string, "what it was"),
    MAYBE("date", bd_string, "day"),
    MAYBE("evaluation_type", bd_integer, "0 normal, 1 resit, 2 second session"),
    WITH("note", bd_object, note, "the mark"),
    MAYBE("poids", bd_any, "weight for each UE"),
    END,
};

static const struct bd_field ressource[] = {
    MAYBE("id", bd_integer, "id of the module as taught"),
    MAYBE("titre", bd_string, "title"),
    MAYBE("code_apogee", bd_string, "Apogée code"),
    MAYBE("url", bd_string, "its page"),
    MAYBE("moyenne", bd_any, "average"),
    WITH("evaluations", bd_list, evaluation_of_bulletin, "its evaluations"),
    END,
};

static const struct bd_field ressource_of_ue[] = {
    MAYBE("id", bd_integer, "id of the module as taught"),
    MAYBE("coef", bd_any, "weight in the UE"),
    ABOUT("moyenne", bd_any, "average"),
    END,
};

static const struct bd_field ects[] = {
    ABOUT("acquis", bd_any, "credits that were gained"),
    MAYBE("total", bd_any, "credits to gain"),
    END,
};

static const struct bd_field ue_of_bulletin[] = {
    MAYBE("id", bd_integer, "id of the UE"),
    MAYBE("titre", bd_string, "title"),
    MAYBE("numero", bd_integer, "its place"),
    MAYBE("type", bd_integer, "kind of UE"),
    MAYBE("color", bd_string, "CSS colour"),
    MAYBE("competence", bd_any, "competence that it belongs to"),
    WITH("moyenne", bd_object, note, "average"),
    ABOUT("bonus", bd_any, "bonus"),
    ABOUT("malus", bd_any, "malus"),
    ABOUT("capitalise", bd_any, "since when it is kept from an earlier semester"),
    WITH("ressources", bd_map, ressource_of_ue, "its ressources, by code"),
    WITH("saes", bd_map, ressource_of_ue, "its SAÉs, by code"),
    WITH("ECTS", bd_object, ects, "credits"),
    END,
};

static const struct bd_field formation_of_bulletin[] = {
    MAYBE("id", bd_integer, "id of the programme"),
    MAYBE("acronyme", bd_string, "acronym"),
    MAYBE("titre_officiel", bd_string, "official title"),
    MAYBE("titre", bd_string, "title"),
    END,
};

static const struct bd_field etudiant_of_bulletin[] = {
    MAYBE("id", bd_integer, "id of the student"),
    MAYBE("etudid", bd_integer, "the same"),
    ABOUT("code_nip", bd_string, "NIP code"),
    ABOUT("code_ine", bd_string, "INE code"),
    ABOUT("civilite", bd_string, "form of address"),
    ABOUT("nom", bd_string, "name"),
    ABOUT("nom_usuel", bd_string, "name in use"),
    ABOUT("prenom", bd_string, "first name"),
    ABOUT("nomprenom", bd_string, "how the student is addressed"),
    ABOUT("date_naissance", bd_string, "date of birth"),
    ABOUT("email", bd_string, "e-mail address"),
    ABOUT("emailperso", bd_string, "private e-mail address"),
    ABOUT("photo_url", bd_string, "address of the photo"),
    ABOUT("fiche_url", bd_string, "the student's page"),
    END,
};

static const struct bd_field absences[] = {
    ABOUT("injustifie", bd_any, "absences without a reason"),
    ABOUT("total", bd_any, "all absences"),
    MAYBE("metrique", bd_string, "what is counted, such as half-days"),
    END,
};

static const struct bd_field rang[] = {
    ABOUT("value", bd_any, "rank in the semester"),
    MAYBE("total", bd_any, "how many students are ranked"),
    MAYBE("groupes", bd_any, "ranks in the groups"),
    END,
};

static const struct bd_field decision[] = {
    ABOUT("code", bd_string, "the jury's decision, such as ADM"),
    MAYBE("etat", bd_any, "its state"),
    MAYBE("date", bd_string, "its day"),
    END,
};

static const struct bd_field semestre[] = {
    MAYBE("etapes", bd_any, "Apogée stages"),
    MAYBE("date_debut", bd_string, "first day"),
    MAYBE("date_fin", bd_string, "last day"),
    MAYBE("annee_universitaire", bd_string, "school year"),
    MAYBE("numero", bd_integer, "rank of the semester"),
    MAYBE("inscription", bd_any, "state of the enrolment"),
    WITH("groupes", bd_list, scodoc_group, "the student's groups"),
    WITH("absences", bd_object, absences, "absences"),
    WITH("ECTS", bd_object, ects, "credits"),
    WITH("notes", bd_object, note, "general average"),
    WITH("rang", bd_object, rang, "rank"),
    ABOUT("situation", bd_any, "the student's situation in words"),
    WITH("decision", bd_object, decision, "the jury's decision"),
    MAYBE("decision_ue", bd_any, "decisions on UEs"),
    MAYBE("decision_rcue", bd_any, "decisions on competences"),
    MAYBE("decision_annee", bd_any, "decision on the year"),
    MAYBE("autorisation_inscription", bd_any, "semesters that the student may enter"),
    END,
};

const struct bd_field scodoc_bulletin[] = {
    MAYBE("version", bd_any, "version of the format"),
    MAYBE("type", bd_string, "\"BUT\", or another for classic programmes"),
    MAYBE("date", bd_string, "when it was made"),
    MAYBE("publie", bd_flag, "false when bulletins are not published: then little else is there"),
    MAYBE("etat_inscription", bd_string, "I, D or DEF"),
    WITH("etudiant", bd_object, etudiant_of_bulletin, "the student"),
    WITH("formation", bd_object, formation_of_bulletin, "the programme"),
    MAYBE("formsemestre_id", bd_integer, "id of the semester"),
    MAYBE("options", bd_any, "what bulletins show"),
    MAYBE("appreciations", bd_any, "remarks"),
    WITH("ressources", bd_map, ressource, "ressources of a BUT, by code"),
    WITH("saes", bd_map, ressource, "SAÉs of a BUT, by code"),
    WITH("ues", bd_map, ue_of_bulletin, "UEs, by acronym"),
    MAYBE("ues_capitalisees", bd_any, "UEs kept from earlier semesters"),
    WITH("semestre", bd_object, semestre, "the semester"),
    END,
};

// ------------------------------------------------------------------------------------------------
// The rest

static const struct bd_field ue[] = {
    MAYBE("id", bd_integer, "id of the UE"),
    MAYBE("acronyme", bd_string, "acronym"),
    MAYBE("titre", bd_string, "title"),
    MAYBE("numero", bd_integer, "its place"),
    MAYBE("ects", bd_any, "credits"),
    MAYBE("type", bd_integer, "kind of UE"),
    END,
};

static const struct bd_field programme[] = {
    WITH("ues", bd_list, ue, "the UEs"),
    WITH("ressources", bd_list, scodoc_moduleimpl, "ressources of a BUT"),
    WITH("saes", bd_list, scodoc_moduleimpl, "SAÉs of a BUT"),
    WITH("modules", bd_list, scodoc_moduleimpl,
         "modules of other programmes, and sport or culture"),
    WITH("malus", bd_list, scodoc_moduleimpl, "modules that give a bonus or a malus"),
    END,
};

static const struct bd_field resultat[] = {
    MAYBE("etudid", bd_integer, "id of the student"),
    ABOUT("code_nip", bd_string, "NIP code"),
    ABOUT("rang", bd_any, "rank"),
    ABOUT("moy_gen", bd_any, "general average, \"~\" when it is not computed"),
    END,
};

static const struct bd_field evaluation[] = {
    GUESS("id", bd_integer, "id of the evaluation"),
    GUESS("moduleimpl_id", bd_integer, "id of the module as taught"),
    GUESS("description", bd_string, "what it is"),
    GUESS("coefficient", bd_any, "weight"),
    GUESS("note_max", bd_number, "the scale: the highest mark there is"),
    GUESS("numero", bd_integer, "its place"),
    GUESS("evaluation_type", bd_integer, "0 normal, 1 resit, 2 second session"),
    GUESS("visibulletin", bd_boolean, "whether bulletins show it"),
    GUESS("publish_incomplete", bd_boolean, "whether it counts before all marks are there"),
    GUESS("date_debut", bd_string, "when it begins"),
    GUESS("date_fin", bd_string, "when it ends"),
    GUESS("poids", bd_any, "weight for each UE, by its id"),
    END,
};

static const struct bd_field note_of_evaluation[] = {
    GUESS("etudid", bd_integer, "id of the student"),
    GUESS("evaluation_id", bd_integer, "id of the evaluation"),
    ABOUT("value", bd_any, "the mark on the scale of note_max, or ABS, EXC, DEM or another word"),
    MAYBE("note_max", bd_number, "the scale"),
    GUESS_ABOUT("comment", bd_string, "a remark"),
    GUESS("date", bd_string, "when it was entered"),
    GUESS("uid", bd_integer, "id of the user who entered it"),
    END,
};

static const struct bd_field state_of_evaluation[] = {
    GUESS("id", bd_integer, "id of the evaluation"),
    GUESS("description", bd_string, "what it is"),
    GUESS("coefficient", bd_any, "weight"),
    GUESS("is_complete", bd_any, "whether all marks are there"),
    GUESS("nb_inscrits", bd_any, "how many students take it"),
    GUESS("nb_manquantes", bd_any, "how many marks are missing"),
    GUESS("ABS", bd_any, "how many were absent"),
    GUESS("ATT", bd_any, "how many marks wait"),
    GUESS("EXC", bd_any, "how many are excused"),
    END,
};

static const struct bd_field evaluations_of_module[] = {
    GUESS("id", bd_integer, "id of the module as taught"),
    GUESS("code", bd_any, "code of the module"),
    GUESS("titre", bd_any, "title"),
    GUESS_WITH("evaluations", bd_list, state_of_evaluation, "its evaluations"),
    END,
};

#define VERSION                                                                                 \
    {                                                                                           \
        .name = "version", .type = &bd_string, .place = BD_IN_PATH, .choices = &scodoc_version, \
        .doc = "how much the bulletin says"                                                     \
    }

const struct bd_operation scodoc_notes[] = {
    {.name = "formsemestre_bulletins",
     .summary = "Give the bulletins of a whole semester",
     .doc = "The vendor's document leaves the members to its sample page: these are those that "
            "clients see.",
     .section = "formsemestre-bulletins",
     GET("/formsemestre/{formsemestre_id}/bulletins[/{version}]"),
     VIEW,
     .params = (const struct bd_field[]){FORMSEMESTRE, VERSION, END},
     .result_kind = BD_RESULT_LIST,
     .result = scodoc_bulletin,
     .example = "scodoc.formsemestre_bulletins { formsemestre_id = 1 }"},

    {.name = "etudiant_formsemestre_bulletin",
     .summary = "Give the bulletin of a student in a semester, as data or as a PDF",
     .doc = "Classic programmes are given as UEs and modules, with short_mat and long_mat as UEs, "
            "matières and modules; matières have an average only where the semester's options show "
            "them, else \"nd\". The vendor's document leaves the members to its sample page: these "
            "are those that clients see.",
     .section = "etudiant-formsemestre-bulletin",
     GET("/etudiant" IS_STUDENT "/formsemestre/{formsemestre_id}/bulletin[/{version}][?pdf:/pdf]"),
     VIEW,
     .params = (const struct bd_field[]){STUDENT, FORMSEMESTRE, VERSION, FORMAT,
                                         OPTION("pdf", "answer with a PDF"), END},
     .rules = scodoc_one_student,
     .result = scodoc_bulletin,
     .answers =
         (const struct bd_answer[]){
             {.when = "pdf",
              .kind = BD_ANSWER_BYTES,
              .field = {.name = "bytes", .type = &bd_text, .flags = BD_PERSONAL, .doc = "the PDF"},
              .media = "application/pdf"},
             {.field = END}},
     .nan_allowed = true,
     .example = "scodoc.etudiant_formsemestre_bulletin { nip = \"1\", formsemestre_id = 1 }"},

    {.name = "formsemestre_programme",
     .summary = "List the UEs and modules of a semester",
     .section = "formsemestre-programme",
     GET("/formsemestre/{formsemestre_id}/programme"),
     VIEW,
     .params = (const struct bd_field[]){FORMSEMESTRE, END},
     .result = programme,
     .example = "scodoc.formsemestre_programme { formsemestre_id = 1 }"},

    {.name = "formsemestre_resultats",
     .summary = "Give the results of a semester, student by student",
     .doc =
         "Besides what is named here: moy_ue_UE for each UE, moy_res_MODULEIMPL_UE and "
         "moy_sae_MODULEIMPL_UE for each module, with ids in place of the capitals. Versions "
         "differ: "
         "a list, or an object with each under the student's id. pairs() reads both. The vendor's "
         "document leaves the members to its sample page: these are those that clients see.",
     .section = "formsemestre-resultats",
     GET("/formsemestre/{formsemestre_id}/resultats"),
     VIEW,
     .params = (const struct bd_field[]){FORMSEMESTRE, FORMAT, END},
     .result_kind = BD_RESULT_EACH,
     .result = resultat,
     .nan_allowed = true,
     .example = "scodoc.formsemestre_resultats { formsemestre_id = 1 }"},

    {.name = "moduleimpl_evaluations",
     .summary = "List the evaluations of a module, whatever their state",
     .section = "moduleimpl-evaluations",
     GET("/moduleimpl/{moduleimpl_id}/evaluations"),
     VIEW,
     .params =
         (const struct bd_field[]){
             IN_PATH("moduleimpl_id", bd_integer, "the module as taught, by its id"), END},
     .result_kind = BD_RESULT_LIST,
     .result = evaluation,
     .example = "scodoc.moduleimpl_evaluations { moduleimpl_id = 1 }"},

    {.name = "evaluation_notes",
     .summary = "Give the marks of an evaluation",
     .doc = "Marks are on the scale of note_max. Versions differ: a list, or an object with each "
            "under "
            "the student's id. pairs() reads both.",
     .section = "evaluations-notes",
     GET("/evaluation/{evaluation_id}/notes"),
     VIEW,
     .params =
         (const struct bd_field[]){
             IN_PATH("evaluation_id", bd_integer, "the evaluation, by its id"), END},
     .result_kind = BD_RESULT_EACH,
     .result = note_of_evaluation,
     .example = "scodoc.evaluation_notes { evaluation_id = 1491 }"},

    {.name = "formsemestre_etat_evals",
     .summary = "Tell how far the evaluations of a semester are",
     .section = "formsemestre-etat_evals",
     GET("/formsemestre/{formsemestre_id}/etat_evals"),
     VIEW,
     .params = (const struct bd_field[]){FORMSEMESTRE, END},
     .result_kind = BD_RESULT_LIST,
     .result = evaluations_of_module,
     .example = "scodoc.formsemestre_etat_evals { formsemestre_id = 1 }"},
    {.name = NULL, .more = scodoc_utilisateurs}};
