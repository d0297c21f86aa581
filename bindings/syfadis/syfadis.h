// SPDX-License-Identifier: MIT
// What the files of this room share.
#ifndef BD_SYFADIS_H
#define BD_SYFADIS_H

#include "bindings/catalogue/operation.h"
#include "bindings/catalogue/type.h"

// properties_*.c: the properties of entities, by the vendor's wire names. All may be missing from an answer,
// since $select chooses among them, and null may be sent for what may be sent.
extern const struct bd_field syfadis_duration[];
extern const struct bd_field syfadis_users[];
extern const struct bd_field syfadis_domains[];
extern const struct bd_field syfadis_establishments[];
extern const struct bd_field syfadis_jobs[];
extern const struct bd_field syfadis_projects[];
extern const struct bd_field syfadis_structures[];
extern const struct bd_field syfadis_teams[];
extern const struct bd_field syfadis_localisations[];
extern const struct bd_field syfadis_training_providers[];
extern const struct bd_field syfadis_training_sessions[];
extern const struct bd_field syfadis_evaluation_sessions[];
extern const struct bd_field syfadis_meeting_sessions[];
extern const struct bd_field syfadis_trainee_presence_views[];
extern const struct bd_field syfadis_abstract_course_component_run[];
extern const struct bd_field syfadis_trainees[];
extern const struct bd_field syfadis_evaluation_trainees[];
extern const struct bd_field syfadis_trainings[];
extern const struct bd_field syfadis_evaluations[];
extern const struct bd_field syfadis_tracking_views[];
extern const struct bd_field syfadis_item_ratings[];

// enumerations.c
extern const struct bd_enumeration syfadis_gender;
extern const struct bd_enumeration syfadis_prefix;
extern const struct bd_enumeration syfadis_category;
extern const struct bd_enumeration syfadis_language;
extern const struct bd_enumeration syfadis_learning_mode;
extern const struct bd_enumeration syfadis_organisation_modality;
extern const struct bd_enumeration syfadis_training_category;
extern const struct bd_enumeration syfadis_validation_type;
extern const struct bd_enumeration syfadis_education_level;
extern const struct bd_enumeration syfadis_yes_no;
extern const struct bd_enumeration syfadis_cancel_reason;
extern const struct bd_enumeration syfadis_trainee_presence;
extern const struct bd_enumeration syfadis_absence_justified;
extern const struct bd_enumeration syfadis_absence_reason_type;
extern const struct bd_enumeration syfadis_lms_progress;
extern const struct bd_enumeration syfadis_lms_success;
extern const struct bd_enumeration syfadis_registration_origin;
extern const struct bd_enumeration syfadis_action_type;
extern const struct bd_enumeration syfadis_meeting_mode;
extern const struct bd_enumeration syfadis_privilege;
extern const struct bd_enumeration syfadis_prefer;
extern const struct bd_enumeration syfadis_group_set;
extern const struct bd_enumeration syfadis_session_set;
extern const struct bd_enumeration syfadis_trainee_set;
extern const struct bd_enumeration syfadis_training_set;
extern const struct bd_enumeration *const syfadis_enumerations[];

#endif
