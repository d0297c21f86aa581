// SPDX-License-Identifier: MIT
// "Structures de données": what the objects of ScoDoc are made of.
#include "room.h"

const struct bd_field scodoc_departement[] = {
    SURE("id", bd_integer, "id of the department"),
    SURE("acronym", bd_string, "acronym, such as INFO; unique, never changes"),
    MAYBE("description", bd_string, "what it is"),
    MAYBE("visible", bd_boolean, "whether the home page shows it"),
    MAYBE("date_creation", bd_string, "when it was created, as HTTP writes dates"),
    MAYBE("dept_name", bd_string, "full name; in later versions"),
    END,
};

// ------------------------------------------------------------------------------------------------
// "Etudiant"

static const struct bd_field admission[] = {
    ABOUT("bac", bd_string, "the series of the baccalauréat"),
    GUESS_ABOUT("annee_bac", bd_integer, "the year of the baccalauréat"),
    END,
};

static const struct bd_field adresse[] = {
    GUESS_ABOUT("domicile", bd_string, "street and number"),
    GUESS_ABOUT("codepostaldomicile", bd_string, "postal code"),
    GUESS_ABOUT("villedomicile", bd_string, "town"),
    GUESS_ABOUT("paysdomicile", bd_string, "country"),
    END,
};

static const struct bd_field group_of_student[] = {
    MAYBE("partition_name", bd_string, "name of the partition"),
    MAYBE("group_name", bd_string, "name of the group"),
    END,
};

const struct bd_field scodoc_etudiant[] = {
    SURE("id", bd_integer, "id of the student"),
    MAYBE("etudid", bd_integer, "the same; in later versions"),
    ABOUT("code_nip", bd_string, "NIP code; unique in a department only"),
    ABOUT("code_ine", bd_string, "INE code; unique in a department only"),
    MAYBE("dept_id", bd_integer, "id of the department"),
    {.name = "civilite",
     .type = &bd_string,
     .flags = BD_NULLABLE | BD_PERSONAL,
     .choices = &scodoc_civilite,
     .doc = "form of address"},
    ABOUT("nom", bd_string, "name, in capitals"),
    ABOUT("nom_usuel", bd_string, "name in use, when it is another"),
    ABOUT("prenom", bd_string, "first name"),
    ABOUT("sort_key", bd_any,
          "for sorting, name and first name in ASCII: a list of two texts, or in later versions "
          "one text \"NOM;PRENOM\""),
    ABOUT("date_naissance", bd_string, "date of birth, YYYY-MM-DD; long form"),
    ABOUT("email", bd_string, "e-mail address; long form"),
    ABOUT("emailperso", bd_string, "private e-mail address; long form"),
    WITH("admission", bd_object, admission, "how the student was admitted; long form"),
    WITH("adresses", bd_list, adresse, "postal addresses; long form"),
    ABOUT("boursier", bd_boolean, "whether a grant is paid; long form"),
    MAYBE("dept_acronym", bd_string, "acronym of the department; long form"),
    ABOUT("dept_naissance", bd_string,
          "département of birth; long form; the vendor's table calls it dept_id"),
    ABOUT("lieu_naissance", bd_string, "place of birth; long form"),
    ABOUT("nationalite", bd_string, "nationality; long form"),
    ABOUT("photo_filename", bd_string, "file of the photo; long form"),
    ABOUT("scodoc7_id", bd_string, "id in ScoDoc 7, such as EID9999; long form"),
    ABOUT("statut", bd_string, "I enrolled, D resigned, X another; long form"),
    WITH("groups", bd_list, group_of_student, "groups; long form in later versions"),
    END,
};

// ------------------------------------------------------------------------------------------------
// "Formation"

const struct bd_field scodoc_formation[] = {
    SURE("id", bd_integer, "id of the programme"),
    MAYBE("formation_id", bd_integer, "the same"),
    MAYBE("dept_id", bd_integer, "id of its department"),
    MAYBE("acronyme", bd_string, "acronym, such as BUT R&T"),
    MAYBE("titre", bd_string, "title; perhaps percent-encoded"),
    MAYBE("titre_officiel", bd_string, "official title"),
    MAYBE("version", bd_integer, "version of the programme"),
    MAYBE("formation_code", bd_string, "programmes with the same code are compatible"),
    MAYBE("type_parcours", bd_integer, "kind of programme, such as 700 for BUT"),
    MAYBE("code_specialite", bd_string, "code of the speciality"),
    MAYBE("referentiel_competence_id", bd_integer, "id of its competence framework"),
    WITH("departement", bd_object, scodoc_departement, "its department"),
    END,
};

// ------------------------------------------------------------------------------------------------
// "Formsemestre"

const struct bd_field scodoc_formsemestre[] = {
    SURE("id", bd_integer, "id of the semester"),
    MAYBE("formsemestre_id", bd_integer, "the same"),
    MAYBE("semestre_id", bd_integer, "rank in the programme from 1; -1 when it has no semesters"),
    MAYBE("titre", bd_string, "title"),
    MAYBE("titre_court", bd_string, "short title"),
    MAYBE("titre_num", bd_string, "title with the rank"),
    MAYBE("titre_formation", bd_string, "title of the programme; in later versions"),
    MAYBE("session_id", bd_string,
          "department, programme, modality, semester and first year, such as "
          "INFO-DUT-FI-S1-2014; nearly unique"),
    MAYBE("annee_scolaire", bd_integer, "first year of the school year"),
    MAYBE("date_debut", bd_string, "first day, DD/MM/YYYY"),
    MAYBE("date_fin", bd_string, "last day, DD/MM/YYYY"),
    MAYBE("date_debut_iso", bd_string, "first day, YYYY-MM-DD"),
    MAYBE("date_fin_iso", bd_string, "last day, YYYY-MM-DD"),
    MAYBE("etat", bd_boolean, "true while it is open, false once it is locked"),
    MAYBE("modalite", bd_string, "FI initial, FA apprenticeship, FC continuing"),
    MAYBE("etape_apo", bd_string, "Apogée code of the stage"),
    MAYBE("elt_sem_apo", bd_string, "Apogée code of the semester"),
    MAYBE("elt_annee_apo", bd_any, "Apogée code of the year; the vendor leaves its type open"),
    MAYBE("parcours", bd_any, "tracks of the programme; the vendor leaves its type open"),
    MAYBE("block_moyennes", bd_boolean, "whether averages are not computed"),
    MAYBE("gestion_semestrielles", bd_boolean, "whether semesters are shifted"),
    MAYBE("gestion_semestrielle", bd_boolean, "the same, as later versions spell it"),
    MAYBE("gestion_compensation", bd_boolean, "whether semesters compensate each other"),
    MAYBE("bul_bgcolor", bd_string, "CSS colour of the bulletins"),
    MAYBE("bul_hide_xml", bd_boolean, "whether bulletins are not published"),
    MAYBE("resp_can_edit", bd_boolean, "whether those in charge may change it"),
    MAYBE("resp_can_change_ens", bd_boolean, "whether those in charge may change teachers"),
    MAYBE("ens_can_edit_eval", bd_boolean, "whether teachers may change evaluations"),
    MAYBE("scodoc7_id", bd_id, "id in ScoDoc 7"),
    MAYBE("dept_id", bd_integer, "id of its department"),
    WITH("departement", bd_object, scodoc_departement, "its department"),
    MAYBE("formation_id", bd_integer, "id of its programme"),
    WITH("formation", bd_object, scodoc_formation, "its programme"),
    MAYBE("responsables", bd_integer_list, "ids of the teachers in charge"),
    END,
};

// ------------------------------------------------------------------------------------------------
// "ModuleImpl"

static const struct bd_field module[] = {
    MAYBE("id", bd_integer, "id of the module"),
    MAYBE("code", bd_string, "code, such as R101"),
    MAYBE("titre", bd_string, "title"),
    MAYBE("abbrev", bd_string, "short title"),
    MAYBE("ue_id", bd_integer, "id of its UE"),
    MAYBE("coefficient", bd_number, "weight"),
    END,
};

const struct bd_field scodoc_moduleimpl[] = {
    SURE("id", bd_integer, "id of the module as it is taught in one semester"),
    MAYBE("moduleimpl_id", bd_integer, "the same"),
    MAYBE("module_id", bd_integer, "id of the module"),
    MAYBE("formsemestre_id", bd_integer, "id of the semester"),
    MAYBE("responsable_id", bd_integer, "id of the teacher in charge"),
    MAYBE("computation_expr", bd_string, "not used"),
    MAYBE("ens", bd_list, "ids of the teachers"),
    WITH("module", bd_object, module, "the module"),
    END,
};

// ------------------------------------------------------------------------------------------------
// "Partition"

// Without the groups of its partition, and with it where a student's groups are listed.
static const struct bd_field partition_of_group[] = {
    MAYBE("id", bd_integer, "id of the partition"),
    MAYBE("partition_id", bd_integer, "the same"),
    MAYBE("partition_name", bd_string, "its name"),
    MAYBE("numero", bd_integer, "its place among the semester's"),
    MAYBE("bul_show_rank", bd_boolean, "whether bulletins show the rank in the group"),
    MAYBE("groups_editable", bd_boolean, "false when its groups are locked"),
    MAYBE("formsemestre_id", bd_integer, "id of the semester"),
    MAYBE("show_in_lists", bd_boolean, "whether lists show it"),
    END,
};

const struct bd_field scodoc_group[] = {
    SURE("id", bd_integer, "id of the group"),
    MAYBE("group_name", bd_string, "its name"),
    MAYBE("name", bd_string, "its name, in some versions"),
    MAYBE("partition_id", bd_integer, "id of its partition"),
    MAYBE("numero", bd_integer, "its place in the partition; in later versions"),
    WITH("partition", bd_object, partition_of_group, "its partition"),
    END,
};

const struct bd_field scodoc_partition[] = {
    SURE("id", bd_integer, "id of the partition"),
    MAYBE("partition_name", bd_string, "its name, such as TD"),
    MAYBE("numero", bd_integer, "its place among the semester's"),
    MAYBE("bul_show_rank", bd_boolean, "whether bulletins show the rank in the group"),
    MAYBE("groups_editable", bd_boolean, "false when its groups are locked"),
    MAYBE("formsemestre_id", bd_integer, "id of the semester"),
    MAYBE("show_in_lists", bd_boolean, "whether lists show it"),
    WITH("groups", bd_list, scodoc_group, "its groups"),
    END,
};
