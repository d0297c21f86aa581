// SPDX-License-Identifier: MIT
// Enumerations of Syfadis. Facts: the vendor's page "oData gestion des entités", the values at each property.
#include "syfadis.h"

const struct bd_enumeration syfadis_gender = {
    .name = "gender",
    .doc = "sex",
    .choices = (const struct bd_choice[]){{0, "none", "not given", "None"},
                                          {1, "male", "male", "Male"},
                                          {2, "female", "female", "Female"},
                                          {0, NULL, NULL}}};

const struct bd_enumeration syfadis_prefix = {
    .name = "prefix",
    .doc = "civility; the names of 1 and 2 in answers are not known",
    .choices = (const struct bd_choice[]){{0, "none", "not given", "None"},
                                          {1, "mrs", "Mrs", "1"},
                                          {2, "ms", "Ms", "2"},
                                          {3, "mister", "Mr", "Mister"},
                                          {0, NULL, NULL}},
    .open = true};

const struct bd_enumeration syfadis_category = {
    .name = "category",
    .doc = "category of a user",
    .choices = (const struct bd_choice[]){{0, "none", "none", "None"},
                                          {1, "level_1", "level 1", "Level1"},
                                          {2, "level_2", "level 2", "Level2"},
                                          {3, "level_3", "level 3", "Level3"},
                                          {4, "level_4", "level 4", "Level4"},
                                          {0, NULL, NULL}},
    .open = true};

const struct bd_enumeration syfadis_language = {
    .name = "language",
    .doc = "language; the vendor has more than these",
    .choices = (const struct bd_choice[]){{0, "none", "not given", "None"},
                                          {1, "french", "French", "French"},
                                          {2, "english", "English", "English"},
                                          {3, "spanish", "Spanish", "Spanish"},
                                          {4, "german", "German", "German"},
                                          {5, "dutch", "Dutch", "Dutch"},
                                          {6, "italian", "Italian", "Italian"},
                                          {7, "portuguese", "Portuguese", "Portuguese"},
                                          {8, "russian", "Russian", "Russian"},
                                          {9, "bulgarian", "Bulgarian", "Bulgarian"},
                                          {10, "turkish", "Turkish", "Turkish"},
                                          {0, NULL, NULL}},
    .open = true};

const struct bd_enumeration syfadis_learning_mode = {
    .name = "learning_mode",
    .doc = "way of learning",
    .choices = (const struct bd_choice[]){{0, "none", "not set", "None"},
                                          {1, "presential", "face to face", "Presential"},
                                          {2, "elearning", "e-learning", "ELearning"},
                                          {3, "blended", "blended", "Blended"},
                                          {4, "virtual_class", "virtual class", "VirtualClass"},
                                          {5, "mobile", "mobile", "Mobile"},
                                          {6, "video", "video", "Video"},
                                          {7, "mooc", "MOOC", "MOOC"},
                                          {8, "regulation", "regulation", "Regulation"},
                                          {9, "certifying", "certifying", "Certifying"},
                                          {0, NULL, NULL}}};

const struct bd_enumeration syfadis_organisation_modality = {
    .name = "organisation_modality",
    .doc = "organisation of a training",
    .choices = (const struct bd_choice[]){
        {0, "none", "not set", "None"},
        {1, "intra_enterprise", "within one company", "IntraEntreprise"},
        {2, "inter_enterprise", "for several companies", "InterEntreprise"},
        {3, "intern", "internal", "Intern"},
        {0, NULL, NULL}}};

const struct bd_enumeration syfadis_training_category = {
    .name = "training_category",
    .doc = "category of a training or an evaluation",
    .choices = (const struct bd_choice[]){{0, "none", "not set", "None"},
                                          {1, "assignment", "assignment", "Assignment"},
                                          {2, "evaluation", "evaluation", "Evaluation"},
                                          {3, "satisfaction", "satisfaction", "Satisfaction"},
                                          {0, NULL, NULL}}};

const struct bd_enumeration syfadis_validation_type = {
    .name = "validation_type",
    .doc = "what a training is validated with",
    .choices = (const struct bd_choice[]){
        {0, "none", "not set", "None"},
        {1, "certificate", "certificate", "Certificate"},
        {2, "diploma", "diploma", "Diploma"},
        {3, "qualification", "qualification", "Qualification"},
        {4, "training_certificate", "training certificate", "TrainingCertificate"},
        {0, NULL, NULL}}};

const struct bd_enumeration syfadis_education_level = {
    .name = "education_level",
    .doc = "education that is required",
    .choices = (const struct bd_choice[]){{0, "none", "none", "None"},
                                          {1, "level_1", "level 1", "Level1"},
                                          {2, "level_2", "level 2", "Level2"},
                                          {3, "level_3", "level 3", "Level3"},
                                          {4, "level_4", "level 4", "Level4"},
                                          {5, "level_5", "level 5", "Level5"},
                                          {6, "level_6", "level 6", "Level6"},
                                          {0, NULL, NULL}}};

const struct bd_enumeration syfadis_yes_no = {
    .name = "yes_no",
    .doc = "yes, no, or not configured",
    .choices = (const struct bd_choice[]){{0, "none", "not configured", "None"},
                                          {1, "yes", "yes", "Yes"},
                                          {2, "no", "no", "No"},
                                          {0, NULL, NULL}}};

const struct bd_enumeration syfadis_cancel_reason = {
    .name = "cancel_reason",
    .doc = "reason of a cancellation; the names of 7 and 8 in answers are not known",
    .choices =
        (const struct bd_choice[]){
            {0, "none", "none", "None"},
            {1, "wrong_dates", "postponed", "WrongDates"},
            {2, "rentability", "not profitable", "Rentability"},
            {3, "automatically", "automatically", "Automatically"},
            {4, "training_required", "unsuited training", "TrainingRequired"},
            {5, "logistical_problem", "logistical problem", "LogisticalProblem"},
            {6, "unavailable", "unavailable", "Unavailable"},
            {7, "collaborator_archived", "the person was archived", "7"},
            {8, "session_ended", "the session was cancelled, deleted or ended", "8"},
            {0, NULL, NULL}},
    .open = true};

const struct bd_enumeration syfadis_trainee_presence = {
    .name = "trainee_presence",
    .doc = "presence; answers have the numbers as texts",
    .choices = (const struct bd_choice[]){{0, "undefined", "undefined", "0"},
                                          {1, "unknown", "unknown", "1"},
                                          {2, "present", "present", "2"},
                                          {3, "absent", "absent", "3"},
                                          {4, "partly_present", "present for a part", "4"},
                                          {0, NULL, NULL}},
    .open = true};

const struct bd_enumeration syfadis_absence_justified = {
    .name = "absence_justified",
    .doc = "whether an absence is justified; answers have the numbers as texts",
    .choices = (const struct bd_choice[]){{0, "undefined", "undefined", "0"},
                                          {1, "yes", "yes", "1"},
                                          {2, "no", "no", "2"},
                                          {0, NULL, NULL}},
    .open = true};

const struct bd_enumeration syfadis_absence_reason_type = {
    .name = "absence_reason_type",
    .doc = "sort of reason for an absence; answers have the numbers as texts",
    .choices = (const struct bd_choice[]){{0, "undefined", "undefined", "0"},
                                          {1, "other", "other", "1"},
                                          {0, NULL, NULL}},
    .open = true};

const struct bd_enumeration syfadis_lms_progress = {
    .name = "lms_progress",
    .doc = "progress",
    .choices = (const struct bd_choice[]){{0, "none", "none", "None"},
                                          {1, "not_attempted", "not begun", "NotAttempted"},
                                          {2, "incomplete", "under way", "Incomplete"},
                                          {3, "completed", "completed", "Completed"},
                                          {0, NULL, NULL}},
    .open = true};

const struct bd_enumeration syfadis_lms_success = {
    .name = "lms_success",
    .doc = "success",
    .choices = (const struct bd_choice[]){{0, "none", "not known", "None"},
                                          {1, "yes", "passed", "Yes"},
                                          {2, "no", "failed", "No"},
                                          {0, NULL, NULL}},
    .open = true};

const struct bd_enumeration syfadis_registration_origin = {
    .name = "registration_origin",
    .doc = "where a registration came from",
    .choices =
        (const struct bd_choice[]){
            {0, "none", "not known", "None"},
            {1, "back_office", "back office", "BackOffice"},
            {2, "self_service", "self-service", "SelfService"},
            {3, "employee", "employee", "Employee"},
            {4, "manager", "manager", "Manager"},
            {5, "human_resource", "human resources", "HumanResource"},
            {6, "cursus", "course of study", "Cursus"},
            {7, "cursus_diagnosis", "diagnosis of a course of study", "CursusDiagnosis"},
            {8, "session_choice", "choice of session", "SessionChoice"},
            {9, "positionning", "positioning", "Positionning"},
            {10, "import", "import", "Import"},
            {11, "provisionnal_plan", "provisional plan", "ProvisionnalPlan"},
            {0, NULL, NULL}},
    .open = true};

const struct bd_enumeration syfadis_action_type = {
    .name = "action_type",
    .doc = "what was tracked",
    .choices = (const struct bd_choice[]){{0, "view", "read", "View"},
                                          {1, "post", "written", "Post"},
                                          {0, NULL, NULL}},
    .open = true};

const struct bd_enumeration syfadis_meeting_mode = {
    .name = "meeting_mode",
    .doc = "how people meet in a session",
    .choices = (const struct bd_choice[]){{0, "presential", "face to face", "Presential"},
                                          {0, "virtual_class", "virtual class", "VirtualClass"},
                                          {0, NULL, NULL}}};

const struct bd_enumeration syfadis_privilege = {
    .name = "privilege",
    .doc = "what a privilege on a training allows",
    .choices = (const struct bd_choice[]){
        {0, "view", "see it", "View"},
        {0, "edit", "edit it", "Edit"},
        {0, "duplicate", "copy it", "Duplicate"},
        {0, "register", "register people", "Register"},
        {0, "self_service", "register oneself", "SelfService"},
        {0, "create_session", "make sessions", "CreateSession"},
        {0, "create_cursus_session", "make sessions of a course of study", "CreateCursusSession"},
        {0, "edit_publication", "edit its publication; the vendor spells it so", "EditPuplication"},
        {0, "launch_group_session", "launch a session for a group", "LaunchGroupSession"},
        {0, "emit_need", "state a need", "EmitNeed"},
        {0, "create_session_fo", "make sessions in the front office", "CreateSessionFO"},
        {0, NULL, NULL}}};

const struct bd_enumeration syfadis_prefer = {
    .name = "prefer",
    .doc = "what an update answers",
    .choices = (const struct bd_choice[]){
        {0, "representation", "the whole entity", "return=representation"},
        {0, "minimal", "nothing", "return=minimal"},
        {0, NULL, NULL}}};

const struct bd_enumeration syfadis_group_set = {
    .name = "group_set",
    .doc = "sort of group",
    .choices = (const struct bd_choice[]){
        {0, "domains", "domains", "Domains", syfadis_domains},
        {0, "establishments", "establishments", "Establishments", syfadis_establishments},
        {0, "jobs", "jobs", "Jobs", syfadis_jobs},
        {0, "projects", "projects", "Projects", syfadis_projects},
        {0, "structures", "structures", "Structures", syfadis_structures},
        {0, "teams", "teams", "Teams", syfadis_teams},
        {0, "localisations", "training places", "Localisations", syfadis_localisations},
        {0, NULL, NULL}}};

const struct bd_enumeration syfadis_session_set = {
    .name = "session_set",
    .doc = "sort of session",
    .choices = (const struct bd_choice[]){
        {0, "training", "sessions of a training", "TrainingSessions", syfadis_training_sessions},
        {0, "evaluation", "sessions of an evaluation", "EvaluationSessions",
         syfadis_evaluation_sessions},
        {0, NULL, NULL}}};

const struct bd_enumeration syfadis_trainee_set = {
    .name = "trainee_set",
    .doc = "sort of registration",
    .choices = (const struct bd_choice[]){
        {0, "training", "for a session of a training", "Trainees", syfadis_trainees},
        {0, "evaluation", "for a session of an evaluation", "EvaluationTrainees",
         syfadis_evaluation_trainees},
        {0, NULL, NULL}}};

const struct bd_enumeration syfadis_training_set = {
    .name = "training_set",
    .doc = "what can be in the catalogue",
    .choices = (const struct bd_choice[]){
        {0, "trainings", "trainings", "Trainings", syfadis_trainings},
        {0, "evaluations", "evaluations", "Evaluations", syfadis_evaluations},
        {0, NULL, NULL}}};

const struct bd_enumeration *const syfadis_enumerations[] = {&syfadis_gender,
                                                             &syfadis_prefix,
                                                             &syfadis_category,
                                                             &syfadis_language,
                                                             &syfadis_learning_mode,
                                                             &syfadis_organisation_modality,
                                                             &syfadis_training_category,
                                                             &syfadis_validation_type,
                                                             &syfadis_education_level,
                                                             &syfadis_yes_no,
                                                             &syfadis_cancel_reason,
                                                             &syfadis_trainee_presence,
                                                             &syfadis_absence_justified,
                                                             &syfadis_absence_reason_type,
                                                             &syfadis_lms_progress,
                                                             &syfadis_lms_success,
                                                             &syfadis_registration_origin,
                                                             &syfadis_action_type,
                                                             &syfadis_meeting_mode,
                                                             &syfadis_privilege,
                                                             &syfadis_prefer,
                                                             &syfadis_group_set,
                                                             &syfadis_session_set,
                                                             &syfadis_trainee_set,
                                                             &syfadis_training_set,
                                                             NULL};
