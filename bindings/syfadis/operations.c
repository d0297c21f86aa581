// SPDX-License-Identifier: MIT
// The operations of Syfadis. Facts: the vendor's page "oData gestion des entités"; `section` names the heading.
// The protocol is OData 4.0 (OASIS), over HTTP Basic. Sets of entities that the page treats alike are one
// operation, whose parameter `set` names the set; its choices know the set's properties.
#include "syfadis.h"

// ------------------------------------------------------------------------------------------------
// Parameters that many operations have

#define ID(what)                                                                                \
    {                                                                                           \
        .name = "id", .type = &bd_integer, .place = BD_IN_PATH, .flags = BD_REQUIRED, .min = 0, \
        .max = INT64_MAX, .doc = (what)                                                         \
    }

#define SET(enumeration, what)                                                        \
    {                                                                                 \
        .name = "set", .type = &bd_string, .place = BD_IN_PATH, .flags = BD_REQUIRED, \
        .choices = &(enumeration), .doc = (what)                                      \
    }

// System query options (OData 4.0, URL conventions); beadle.odata makes their values.
#define ONE_PARAMS                                                                          \
    {.name = "select",                                                                      \
     .wire = "$select",                                                                     \
     .type = &bd_string_list,                                                               \
     .place = BD_IN_QUERY,                                                                  \
     .doc = "properties to answer; without it all but navigation properties"},              \
    {                                                                                       \
        .name = "expand", .wire = "$expand", .type = &bd_string_list, .place = BD_IN_QUERY, \
        .doc = "navigation properties to answer too; odata.expand makes nested ones"        \
    }

#define LIST_PARAMS                                                                   \
    {.name = "filter",                                                                \
     .wire = "$filter",                                                               \
     .type = &bd_string,                                                              \
     .place = BD_IN_QUERY,                                                            \
     .flags = BD_PERSONAL,                                                            \
     .doc = "which ones, as odata.eq and its like make it"},                          \
        ONE_PARAMS,                                                                   \
        {.name = "orderby",                                                           \
         .wire = "$orderby",                                                          \
         .type = &bd_string_list,                                                     \
         .place = BD_IN_QUERY,                                                        \
         .doc = "properties to sort by; odata.desc makes descending ones"},           \
        {.name = "top",                                                               \
         .wire = "$top",                                                              \
         .type = &bd_integer,                                                         \
         .place = BD_IN_QUERY,                                                        \
         .min = 0,                                                                    \
         .max = INT64_MAX,                                                            \
         .doc = "at most so many"},                                                   \
        {.name = "skip",                                                              \
         .wire = "$skip",                                                             \
         .type = &bd_integer,                                                         \
         .place = BD_IN_QUERY,                                                        \
         .min = 0,                                                                    \
         .max = INT64_MAX,                                                            \
         .doc = "leave out so many first"},                                           \
    {                                                                                 \
        .name = "count", .wire = "$count", .type = &bd_boolean, .place = BD_IN_QUERY, \
        .doc = "answer how many there are, whatever top says"                         \
    }

#define PREFER                                                                                   \
    {                                                                                            \
        .name = "Prefer", .type = &bd_string, .place = BD_IN_HEADER, .choices = &syfadis_prefer, \
        .doc = "what to answer; without it nothing"                                              \
    }

#define EXTRA                                                                                     \
    {                                                                                             \
        .name = "extra", .type = &bd_object, .place = BD_IN_JSON, .flags = BD_FLAT | BD_PERSONAL, \
        .doc = "properties that the document does not list, such as the customer's own; sent as " \
               "they are"                                                                         \
    }

#define PRIVILEGE_PARAMS(owner)                                                          \
    {.name = "TrainingId",                                                               \
     .type = &bd_integer,                                                                \
     .place = BD_IN_JSON,                                                                \
     .flags = BD_REQUIRED,                                                               \
     .min = 0,                                                                           \
     .max = INT64_MAX,                                                                   \
     .doc = "id of the training"},                                                       \
        {.name = "OwnerId",                                                              \
         .type = &bd_integer,                                                            \
         .place = BD_IN_JSON,                                                            \
         .flags = BD_REQUIRED,                                                           \
         .min = 0,                                                                       \
         .max = INT64_MAX,                                                               \
         .doc = (owner)},                                                                \
        {.name = "Privilege",                                                            \
         .type = &bd_string,                                                             \
         .place = BD_IN_JSON,                                                            \
         .flags = BD_REQUIRED,                                                           \
         .choices = &syfadis_privilege,                                                  \
         .doc = "the privilege"},                                                        \
    {                                                                                    \
        .name = "State", .type = &bd_boolean, .place = BD_IN_JSON, .flags = BD_REQUIRED, \
        .doc = "true gives it, false takes it"                                           \
    }

// ------------------------------------------------------------------------------------------------
// Each operation's parameters

static const struct bd_field list_users_params[] = {LIST_PARAMS, {.name = NULL}};

static const struct bd_field get_user_params[] = {ID("id of the user"), ONE_PARAMS, {.name = NULL}};

static const struct bd_field get_user_property_params[] = {
    ID("id of the user"),
    {.name = "property",
     .type = &bd_string,
     .place = BD_IN_PATH,
     .flags = BD_REQUIRED,
     .doc = "name of the property, such as Name"},
    {.name = NULL}};

static const struct bd_field create_user_params[] = {
    {.name = "FirstName",
     .type = &bd_text,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED | BD_PERSONAL,
     .max = 250,
     .doc = "first name"},
    {.name = "LastName",
     .type = &bd_text,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED | BD_PERSONAL,
     .max = 250,
     .doc = "last name"},
    {.name = "Login",
     .type = &bd_text,
     .place = BD_IN_JSON,
     .flags = BD_PERSONAL,
     .max = 250,
     .doc = "login, unique per application; without one the user cannot sign in"},
    {.name = "Password",
     .type = &bd_secret_text,
     .place = BD_IN_JSON,
     .flags = BD_SECRET | BD_ASSUMED,
     .doc = "password; without one the platform may make one (Settings > Configuration > Directory "
            "> Login and password)"},
    {.name = "properties",
     .type = &bd_object,
     .place = BD_IN_JSON,
     .flags = BD_FLAT | BD_REST,
     .fields = syfadis_users,
     .doc = "further properties"},
    EXTRA,
    {.name = NULL}};

static const struct bd_field update_user_params[] = {ID("id of the user"),
                                                     {.name = "properties",
                                                      .type = &bd_object,
                                                      .place = BD_IN_JSON,
                                                      .flags = BD_FLAT | BD_REST | BD_REQUIRED,
                                                      .fields = syfadis_users,
                                                      .doc = "the properties to change"},
                                                     EXTRA,
                                                     PREFER,
                                                     {.name = NULL}};

static const struct bd_field archive_user_params[] = {ID("id of the user"), {.name = NULL}};

static const struct bd_field restore_user_params[] = {ID("id of the user"), {.name = NULL}};

static const struct bd_field add_user_role_params[] = {
    ID("id of the user"),
    {.name = "RoleId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of the role"},
    {.name = "DomainId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of the domain where the role applies"},
    {.name = NULL}};

static const struct bd_field remove_user_role_params[] = {
    ID("id of the user"),
    {.name = "UserRoleId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of the UserRole that add_user_role answered, not of the role"},
    {.name = NULL}};

static const struct bd_field set_user_picture_params[] = {
    ID("id of the user"),
    {.name = "ImageContent",
     .type = &bd_bytes,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED | BD_PERSONAL,
     .doc = "the bytes of the picture, such as beadle.fs reads them"},
    {.name = NULL}};

static const struct bd_field list_groups_params[] = {
    SET(syfadis_group_set, "sort of group"), LIST_PARAMS, {.name = NULL}};

static const struct bd_field get_group_params[] = {
    SET(syfadis_group_set, "sort of group"), ID("id of the group"), ONE_PARAMS, {.name = NULL}};

static const struct bd_field create_group_params[] = {
    SET(syfadis_group_set, "sort of group"),
    {.name = "Name",
     .type = &bd_text,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED | BD_ASSUMED,
     .max = 250,
     .doc = "name; that it is required is our assumption"},
    {.name = "properties",
     .type = &bd_object,
     .place = BD_IN_JSON,
     .flags = BD_FLAT | BD_REST,
     .fields_of = "set",
     .doc = "further properties"},
    EXTRA,
    {.name = NULL}};

static const struct bd_field update_group_params[] = {SET(syfadis_group_set, "sort of group"),
                                                      ID("id of the group"),
                                                      {.name = "properties",
                                                       .type = &bd_object,
                                                       .place = BD_IN_JSON,
                                                       .flags = BD_FLAT | BD_REST | BD_REQUIRED,
                                                       .fields_of = "set",
                                                       .doc = "the properties to change"},
                                                      EXTRA,
                                                      PREFER,
                                                      {.name = NULL}};

static const struct bd_field archive_group_params[] = {
    SET(syfadis_group_set, "sort of group"), ID("id of the group"), {.name = NULL}};

static const struct bd_field restore_group_params[] = {
    SET(syfadis_group_set, "sort of group"), ID("id of the group"), {.name = NULL}};

static const struct bd_field list_sessions_params[] = {
    SET(syfadis_session_set, "sort of session"), LIST_PARAMS, {.name = NULL}};

static const struct bd_field get_session_params[] = {SET(syfadis_session_set, "sort of session"),
                                                     ID("id of the session"),
                                                     ONE_PARAMS,
                                                     {.name = NULL}};

static const struct bd_field list_meeting_sessions_params[] = {LIST_PARAMS, {.name = NULL}};

static const struct bd_field get_meeting_session_params[] = {
    ID("id of the meeting"), ONE_PARAMS, {.name = NULL}};

static const struct bd_field create_training_session_params[] = {
    {.name = "TrainingId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of the training"},
    {.name = "Name", .type = &bd_text, .place = BD_IN_JSON, .max = 250, .doc = "name"},
    {.name = "StartedOn",
     .type = &bd_moment,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .doc = "start"},
    {.name = "FinishedOn",
     .type = &bd_moment,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .doc = "end"},
    {.name = "Modality",
     .type = &bd_numbered,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .doc = "mode of enrolment; the values are not known"},
    {.name = "properties",
     .type = &bd_object,
     .place = BD_IN_JSON,
     .flags = BD_FLAT | BD_REST,
     .fields = syfadis_training_sessions,
     .doc = "further properties"},
    EXTRA,
    {.name = NULL}};

static const struct bd_field create_evaluation_session_params[] = {
    {.name = "EvaluationId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of the evaluation"},
    {.name = "Name", .type = &bd_text, .place = BD_IN_JSON, .max = 250, .doc = "name"},
    {.name = "StartedOn", .type = &bd_moment, .place = BD_IN_JSON, .doc = "start"},
    {.name = "FinishedOn", .type = &bd_moment, .place = BD_IN_JSON, .doc = "end"},
    {.name = "properties",
     .type = &bd_object,
     .place = BD_IN_JSON,
     .flags = BD_FLAT | BD_REST,
     .fields = syfadis_evaluation_sessions,
     .doc = "further properties"},
    EXTRA,
    {.name = NULL}};

static const struct bd_field update_session_params[] = {SET(syfadis_session_set, "sort of session"),
                                                        ID("id of the session"),
                                                        {.name = "properties",
                                                         .type = &bd_object,
                                                         .place = BD_IN_JSON,
                                                         .flags = BD_FLAT | BD_REST | BD_REQUIRED,
                                                         .fields_of = "set",
                                                         .doc = "the properties to change"},
                                                        EXTRA,
                                                        PREFER,
                                                        {.name = NULL}};

static const struct bd_field change_training_session_dates_params[] = {
    {.name = "SessionId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of the session"},
    {.name = "StartedOn", .type = &bd_moment, .place = BD_IN_JSON, .doc = "new start"},
    {.name = "FinishedOn", .type = &bd_moment, .place = BD_IN_JSON, .doc = "new end"},
    PREFER,
    {.name = NULL}};

static const struct bd_field set_training_session_tutors_and_place_params[] = {
    {.name = "SessionId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of the session"},
    {.name = "TutorIds",
     .type = &bd_integer_list,
     .place = BD_IN_JSON,
     .doc = "ids of the users who are its tutors"},
    {.name = "LocalisationId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of the training place"},
    PREFER,
    {.name = NULL}};

static const struct bd_field record_attendance_params[] = {
    {.name = "MeetingSessionId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of the meeting"},
    {.name = "TraineeId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of the registration"},
    {.name = "TraineePresence",
     .type = &bd_numbered,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .choices = &syfadis_trainee_presence,
     .doc = "presence"},
    {.name = "PresenceHours", .type = &bd_number, .place = BD_IN_JSON, .doc = "hours present"},
    {.name = "AbsenceJustified",
     .type = &bd_numbered,
     .place = BD_IN_JSON,
     .choices = &syfadis_absence_justified,
     .doc = "whether the absence is justified"},
    {.name = "AbsenceReason",
     .type = &bd_text,
     .place = BD_IN_JSON,
     .flags = BD_PERSONAL,
     .doc = "reason of the absence"},
    {.name = NULL}};

static const struct bd_field record_tutor_attendance_params[] = {
    {.name = "MeetingSessionId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of the meeting"},
    {.name = "TutorId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of the user who is the tutor"},
    {.name = "PresenceHours",
     .type = &bd_number,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .doc = "hours present"},
    {.name = NULL}};

static const struct bd_field list_trainee_presence_views_params[] = {LIST_PARAMS, {.name = NULL}};

static const struct bd_field upload_attendance_sheet_params[] = {
    {.name = "MeetingSessionId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of the meeting"},
    {.name = "DocumentName",
     .type = &bd_string,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .doc = "name of the file with its extension"},
    {.name = "DocumentContent",
     .type = &bd_bytes,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED | BD_PERSONAL,
     .doc = "the bytes of the file"},
    {.name = NULL}};

static const struct bd_field archive_session_params[] = {
    SET(syfadis_session_set, "sort of session"), ID("id of the session"), {.name = NULL}};

static const struct bd_field cancel_session_params[] = {
    SET(syfadis_session_set, "sort of session"),
    ID("id of the session"),
    {.name = "CancelReason",
     .type = &bd_numbered,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .choices = &syfadis_cancel_reason,
     .doc = "reason"},
    {.name = "CancelDescription",
     .type = &bd_text,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .max = 500,
     .doc = "text of the cancellation"},
    {.name = "Chargeable",
     .type = &bd_boolean,
     .place = BD_IN_JSON,
     .doc = "whether it is invoiced all the same"},
    {.name = NULL}};

static const struct bd_field list_trainees_params[] = {
    SET(syfadis_trainee_set, "sort of registration"), LIST_PARAMS, {.name = NULL}};

static const struct bd_field get_trainee_params[] = {
    SET(syfadis_trainee_set, "sort of registration"),
    ID("id of the registration"),
    ONE_PARAMS,
    {.name = NULL}};

static const struct bd_field register_trainee_params[] = {
    SET(syfadis_trainee_set, "sort of registration"),
    {.name = "SessionId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of the session"},
    {.name = "UserId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of the user"},
    {.name = "properties",
     .type = &bd_object,
     .place = BD_IN_JSON,
     .flags = BD_FLAT | BD_REST,
     .fields_of = "set",
     .doc = "further properties"},
    EXTRA,
    {.name = NULL}};

static const struct bd_field change_trainee_dates_params[] = {
    {.name = "TraineeId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of the registration"},
    {.name = "StartedOn", .type = &bd_moment, .place = BD_IN_JSON, .doc = "new start"},
    {.name = "FinishedOn", .type = &bd_moment, .place = BD_IN_JSON, .doc = "new end"},
    PREFER,
    {.name = NULL}};

static const struct bd_field change_trainee_session_params[] = {{.name = "TraineeId",
                                                                 .type = &bd_integer,
                                                                 .place = BD_IN_JSON,
                                                                 .flags = BD_REQUIRED,
                                                                 .min = 0,
                                                                 .max = INT64_MAX,
                                                                 .doc = "id of the registration"},
                                                                {.name = "SessionId",
                                                                 .type = &bd_integer,
                                                                 .place = BD_IN_JSON,
                                                                 .flags = BD_REQUIRED,
                                                                 .min = 0,
                                                                 .max = INT64_MAX,
                                                                 .doc = "id of the new session"},
                                                                PREFER,
                                                                {.name = NULL}};

static const struct bd_field unregister_trainee_params[] = {
    {.name = "TraineeId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of a registration for a training"},
    {.name = "EvaluationTraineeId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of a registration for an evaluation"},
    {.name = NULL}};

static const struct bd_field list_trainings_params[] = {
    SET(syfadis_training_set, "trainings or evaluations"), LIST_PARAMS, {.name = NULL}};

static const struct bd_field get_training_params[] = {
    SET(syfadis_training_set, "trainings or evaluations"),
    ID("its id"),
    ONE_PARAMS,
    {.name = NULL}};

static const struct bd_field create_training_params[] = {
    SET(syfadis_training_set, "trainings or evaluations"),
    {.name = "Name",
     .type = &bd_text,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED | BD_ASSUMED,
     .max = 500,
     .doc = "name; that it is required is our assumption"},
    {.name = "properties",
     .type = &bd_object,
     .place = BD_IN_JSON,
     .flags = BD_FLAT | BD_REST,
     .fields_of = "set",
     .doc = "further properties"},
    EXTRA,
    {.name = NULL}};

static const struct bd_field update_training_params[] = {
    SET(syfadis_training_set, "trainings or evaluations"),
    ID("its id"),
    {.name = "properties",
     .type = &bd_object,
     .place = BD_IN_JSON,
     .flags = BD_FLAT | BD_REST | BD_REQUIRED,
     .fields_of = "set",
     .doc = "the properties to change"},
    EXTRA,
    PREFER,
    {.name = NULL}};

static const struct bd_field archive_training_params[] = {
    SET(syfadis_training_set, "trainings or evaluations"), ID("its id"), {.name = NULL}};

static const struct bd_field set_my_trainings_page_data_params[] = {
    {.name = "TrainingId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of the training"},
    {.name = "PageDataCode",
     .type = &bd_text,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .max = 250,
     .doc = "code of the page layout"},
    {.name = NULL}};

static const struct bd_field set_catalog_page_data_params[] = {{.name = "TrainingId",
                                                                .type = &bd_integer,
                                                                .place = BD_IN_JSON,
                                                                .flags = BD_REQUIRED,
                                                                .min = 0,
                                                                .max = INT64_MAX,
                                                                .doc = "id of the training"},
                                                               {.name = "PageDataCode",
                                                                .type = &bd_text,
                                                                .place = BD_IN_JSON,
                                                                .flags = BD_REQUIRED,
                                                                .max = 250,
                                                                .doc = "code of the page layout"},
                                                               {.name = NULL}};

static const struct bd_field set_front_office_user_privilege_params[] = {
    PRIVILEGE_PARAMS("id of the user"), {.name = NULL}};

static const struct bd_field set_front_office_group_privilege_params[] = {
    PRIVILEGE_PARAMS("id of the group"), {.name = NULL}};

static const struct bd_field set_front_office_domain_privilege_params[] = {
    PRIVILEGE_PARAMS("id of the domain"), {.name = NULL}};

static const struct bd_field set_back_office_user_privilege_params[] = {
    PRIVILEGE_PARAMS("id of the user"), {.name = NULL}};

static const struct bd_field set_back_office_group_privilege_params[] = {
    PRIVILEGE_PARAMS("id of the group"), {.name = NULL}};

static const struct bd_field set_back_office_domain_privilege_params[] = {
    PRIVILEGE_PARAMS("id of the domain"), {.name = NULL}};

static const struct bd_field list_tracking_views_params[] = {LIST_PARAMS, {.name = NULL}};

static const struct bd_field list_item_ratings_params[] = {LIST_PARAMS, {.name = NULL}};

static const struct bd_field rate_catalog_item_for_user_params[] = {
    {.name = "UserId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of the user"},
    {.name = "CatalogItemId",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .min = 0,
     .max = INT64_MAX,
     .doc = "id of the training or evaluation"},
    {.name = "Rate",
     .type = &bd_integer,
     .place = BD_IN_JSON,
     .flags = BD_REQUIRED,
     .min = 1,
     .max = 5,
     .doc = "the mark"},
    {.name = "Title",
     .type = &bd_text,
     .place = BD_IN_JSON,
     .flags = BD_PERSONAL,
     .max = 250,
     .doc = "title of the comment"},
    {.name = "Comment",
     .type = &bd_text,
     .place = BD_IN_JSON,
     .flags = BD_PERSONAL,
     .max = 2000,
     .doc = "comment"},
    {.name = NULL}};

static const struct bd_rule date_rules[] = {{.kind = BD_ANY_OF,
                                             .names = {"StartedOn", "FinishedOn"},
                                             .doc = "StartedOn or FinishedOn is required",
                                             .assumed = true},
                                            {.doc = NULL}};

static const struct bd_rule tutor_rules[] = {{.kind = BD_ANY_OF,
                                              .names = {"TutorIds", "LocalisationId"},
                                              .doc = "TutorIds or LocalisationId is required",
                                              .assumed = true},
                                             {.doc = NULL}};

static const struct bd_rule unregister_rules[] = {
    {.kind = BD_ONE_OF,
     .names = {"TraineeId", "EvaluationTraineeId"},
     .doc = "exactly one of TraineeId and EvaluationTraineeId is required"},
    {.doc = NULL}};

// ------------------------------------------------------------------------------------------------
// Answers

// One page of a list; `members`: .fields or .fields_of its elements.
#define PAGE(members)                                                                         \
    (const struct bd_field[])                                                                 \
    {                                                                                         \
        {.name = "value", .type = &bd_list, .doc = "the entities of this page", members},     \
            {.name = "@odata.nextLink",                                                       \
             .type = &bd_string,                                                              \
             .flags = BD_NULLABLE,                                                            \
             .doc = "address of the next page, where the vendor did not answer all at once"}, \
            {.name = "@odata.count",                                                          \
             .type = &bd_integer,                                                             \
             .flags = BD_NULLABLE,                                                            \
             .doc = "how many there are, when count was asked for"},                          \
        {                                                                                     \
            .name = NULL                                                                      \
        }                                                                                     \
    }

static const struct bd_paging pages = {.items = "value", .next = "@odata.nextLink"};

static const struct bd_field property_result[] = {
    {.name = "value", .type = &bd_any, .flags = BD_NULLABLE | BD_PERSONAL, .doc = "its value"},
    {.name = NULL}};

static const struct bd_field role_result[] = {
    {.name = "Id", .type = &bd_integer, .doc = "id of the role held, which remove_user_role takes"},
    {.name = NULL}};

static const struct bd_vendor_error user_errors[] = {
    {.code = 400,
     .kind = BD_REJECTED,
     .meaning = "a technical or functional error, such as a login that another user has",
     .hint = "Look for the login with list_users.",
     .assumed = true},
    {.code = 0}};

static const struct bd_vendor_error register_errors[] = {
    {.code = 404, .kind = BD_NOT_FOUND, .meaning = "SessionId or UserId is not valid"},
    {.code = 0}};

static const struct bd_operation operations[] = {
    {.name = "list_users",
     .summary = "List users",
     .doc = "The vendor recommends top for every list. Without top the vendor answers all that "
            "there are. `answer:each()` goes on to further pages.",
     .section = "Recherche d'utilisateurs",
     .method = "GET",
     .endpoint = "base_url",
     .path = "/Users",
     .params = list_users_params,
     .result = PAGE(.fields = syfadis_users),
     .paging = &pages,
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "syfadis.list_users { filter = odata.eq(\"FirstName\", \"Pierre\"), select = { "
                "\"FirstName\", \"LastName\" }, top = 50 }"},
    {.name = "get_user",
     .summary = "Read a user",
     .section = "Obtenir des informations sur un utilisateur",
     .method = "GET",
     .endpoint = "base_url",
     .path = "/Users({id})",
     .params = get_user_params,
     .result = syfadis_users,
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "syfadis.get_user { id = 327680, expand = odata.expand(\"UserRoles\", { expand = { "
                "\"Role\", \"Domain\" } }) }"},
    {.name = "get_user_property",
     .summary = "Read one property of a user",
     .section = "Obtenir des informations sur un utilisateur",
     .method = "GET",
     .endpoint = "base_url",
     .path = "/Users({id})/{property}",
     .params = get_user_property_params,
     .result = property_result,
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "syfadis.get_user_property { id = 327680, property = \"Name\" }"},
    {.name = "create_user",
     .summary = "Create a user",
     .doc = "Roles and the picture are given afterwards: add_user_role, set_user_picture. The "
            "answer has no navigation properties.",
     .section = "Création d'un utilisateur",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/Users",
     .params = create_user_params,
     .result = syfadis_users,
     .errors = user_errors,
     .key = (const char *const[]){"Login", NULL},
     .probe = {.kind = BD_PROBE_READ,
               .operation = "list_users",
               .ask = (const struct bd_probe_ask[]){{"filter", .filter =
                                                                   (const struct bd_probe_match[]){
                                                                       {"Login", "Login"}, {NULL}}},
                                                    {NULL}},
               .when = "Login",
               .otherwise =
                   "without a Login, one user cannot be told from another of the same name",
               .doc = "it shows the Login once the user is there"},
     .effect = BD_EFFECT_CREATE,
     .example = "syfadis.create_user { FirstName = \"Inès\", LastName = \"Benali\", Login = "
                "\"ibenali\",\n                      Gender = syfadis.gender.female, PrimaryDomain "
                "= 131072, Domains = { 131079 } }"},
    {.name = "update_user",
     .summary = "Change properties of a user",
     .section = "Modification d'un utilisateur",
     .method = "PATCH",
     .endpoint = "base_url",
     .path = "/Users({id})",
     .params = update_user_params,
     .result_kind = BD_RESULT_NONE,
     .result = syfadis_users,
     .key = (const char *const[]){"id", "properties", NULL},
     .probe = {.kind = BD_PROBE_REPEAT, .doc = "the same values again change nothing"},
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .example = "syfadis.update_user { id = 327680, Code = \"MAT-0042\" }"},
    {.name = "archive_user",
     .summary = "Archive a user",
     .doc = "Sets DeletedOn; restore_user takes it back.",
     .section = "Archivage d'un utilisateur",
     .method = "DELETE",
     .endpoint = "base_url",
     .path = "/Users({id})",
     .params = archive_user_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"id", NULL},
     .probe = {.kind = BD_PROBE_READ,
               .operation = "get_user",
               .ask = (const struct bd_probe_ask[]){{"id", .param = "id"}, {NULL}},
               .match = (const struct bd_probe_match[]){{"DeletedOn", .how = BD_MATCH_SET}, {NULL}},
               .code = 404,
               .doc = "DeletedOn is set, or it is no longer found"},
     .effect = BD_EFFECT_DELETE,
     .example = "syfadis.archive_user { id = 327680 }"},
    {.name = "restore_user",
     .summary = "Restore an archived user",
     .section = "Restauration d'un utilisateur",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/Users({id})/Services.Restore",
     .params = restore_user_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"id", NULL},
     .probe = {.kind = BD_PROBE_READ,
               .operation = "get_user",
               .ask = (const struct bd_probe_ask[]){{"id", .param = "id"}, {NULL}},
               .match =
                   (const struct bd_probe_match[]){{"DeletedOn", .how = BD_MATCH_UNSET}, {NULL}},
               .doc = "DeletedOn is not set"},
     .effect = BD_EFFECT_UPDATE,
     .example = "syfadis.restore_user { id = 327680 }"},
    {.name = "add_user_role",
     .summary = "Give a user a role in a domain",
     .section = "Ajouter un rôle à un utilisateur",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/Users({id})/Services.AddUserRole",
     .params = add_user_role_params,
     .result = role_result,
     .key = (const char *const[]){"id", "RoleId", "DomainId", NULL},
     .probe = {.kind = BD_PROBE_READ,
               .operation = "get_user",
               .ask = (const struct bd_probe_ask[]){{"id", .param = "id"},
                                                    {"expand",
                                                     .text = "UserRoles($expand=Role,Domain)"},
                                                    {NULL}},
               .match = (const struct bd_probe_match[]){{"Role/Id", "RoleId"},
                                                        {"Domain/Id", "DomainId"},
                                                        {NULL}},
               .list = "UserRoles",
               .id = "Id",
               .result = (const struct bd_probe_result[]){{"Id", "Id"}, {NULL, NULL}},
               .doc = "its UserRoles show the role in the domain"},
     .effect = BD_EFFECT_CREATE,
     .example = "syfadis.add_user_role { id = 327680, RoleId = 229378, DomainId = 163840 }"},
    {.name = "remove_user_role",
     .summary = "Take a role from a user",
     .section = "Retirer un rôle à un utilisateur",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/Users({id})/Services.RemoveUserRole",
     .params = remove_user_role_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"id", "UserRoleId", NULL},
     .probe = {.kind = BD_PROBE_READ,
               .operation = "get_user",
               .ask = (const struct bd_probe_ask[]){{"id", .param = "id"},
                                                    {"expand", .text = "UserRoles"},
                                                    {NULL}},
               .match = (const struct bd_probe_match[]){{"Id", "UserRoleId"}, {NULL}},
               .list = "UserRoles",
               .gone = true,
               .doc = "its UserRoles no longer show the id"},
     .effect = BD_EFFECT_DELETE,
     .example = "syfadis.remove_user_role { id = 327680, UserRoleId = 524290 }"},
    {.name = "set_user_picture",
     .summary = "Set a user's picture",
     .section = "Définir l'image de profil d'un utilisateur",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/Users({id})/Services.SetUserPicture",
     .params = set_user_picture_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"id", "ImageContent", NULL},
     .probe = {.kind = BD_PROBE_REPEAT, .doc = "the same picture again changes nothing"},
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .example = "syfadis.set_user_picture { id = 126976000, ImageContent = "
                "require(\"beadle.fs\").read(\"portrait.png\") }"},
    {.name = "list_groups",
     .summary = "List groups of a sort",
     .section = "Rechercher des groupes",
     .method = "GET",
     .endpoint = "base_url",
     .path = "/{set}",
     .params = list_groups_params,
     .result = PAGE(.fields_of = "set"),
     .paging = &pages,
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "syfadis.list_groups { set = syfadis.group_set.domains, filter = "
                "odata.eq(\"Name\", \"Futurskill\"), top = 50 }"},
    {.name = "get_group",
     .summary = "Read a group",
     .section = "Obtenir des informations sur un groupe",
     .method = "GET",
     .endpoint = "base_url",
     .path = "/{set}({id})",
     .params = get_group_params,
     .result_of = "set",
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "syfadis.get_group { set = syfadis.group_set.domains, id = 163840 }"},
    {.name = "create_group",
     .summary = "Create a group",
     .section = "Création d'un groupe",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/{set}",
     .params = create_group_params,
     .result_of = "set",
     .key = (const char *const[]){"set", "Name", NULL},
     .probe = {.kind = BD_PROBE_READ,
               .operation = "list_groups",
               .ask = (const struct bd_probe_ask[]){{"set", .param = "set"},
                                                    {"filter", .filter =
                                                                   (const struct bd_probe_match[]){
                                                                       {"Name", "Name"}, {NULL}}},
                                                    {NULL}},
               .id = "Id",
               .doc = "it shows one more group of this name"},
     .effect = BD_EFFECT_CREATE,
     .example = "syfadis.create_group { set = syfadis.group_set.structures, Name = \"FuturSkill\", "
                "Code = \"FS\" }"},
    {.name = "update_group",
     .summary = "Change properties of a group",
     .section = "Modification d'un groupe",
     .method = "PATCH",
     .endpoint = "base_url",
     .path = "/{set}({id})",
     .params = update_group_params,
     .result_kind = BD_RESULT_NONE,
     .result_of = "set",
     .key = (const char *const[]){"set", "id", "properties", NULL},
     .probe = {.kind = BD_PROBE_REPEAT, .doc = "the same values again change nothing"},
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .example = "syfadis.update_group { set = syfadis.group_set.structures, id = 2228224, Code = "
                "\"FS2\" }"},
    {.name = "archive_group",
     .summary = "Archive a group",
     .doc = "Sets DeletedOn; restore_group takes it back.",
     .section = "Archiver un groupe",
     .method = "DELETE",
     .endpoint = "base_url",
     .path = "/{set}({id})",
     .params = archive_group_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"set", "id", NULL},
     .probe = {.kind = BD_PROBE_READ,
               .operation = "get_group",
               .ask = (const struct bd_probe_ask[]){{"set", .param = "set"},
                                                    {"id", .param = "id"},
                                                    {NULL}},
               .match = (const struct bd_probe_match[]){{"DeletedOn", .how = BD_MATCH_SET}, {NULL}},
               .code = 404,
               .doc = "DeletedOn is set, or it is no longer found"},
     .effect = BD_EFFECT_DELETE,
     .example = "syfadis.archive_group { set = syfadis.group_set.structures, id = 2228224 }"},
    {.name = "restore_group",
     .summary = "Restore an archived group",
     .section = "Restaurer un groupe",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/{set}({id})/Services.Restore",
     .params = restore_group_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"set", "id", NULL},
     .probe = {.kind = BD_PROBE_READ,
               .operation = "get_group",
               .ask = (const struct bd_probe_ask[]){{"set", .param = "set"},
                                                    {"id", .param = "id"},
                                                    {NULL}},
               .match =
                   (const struct bd_probe_match[]){{"DeletedOn", .how = BD_MATCH_UNSET}, {NULL}},
               .doc = "DeletedOn is not set"},
     .effect = BD_EFFECT_UPDATE,
     .example = "syfadis.restore_group { set = syfadis.group_set.structures, id = 2228224 }"},
    {.name = "list_sessions",
     .summary = "List sessions",
     .section = "Rechercher des sessions",
     .method = "GET",
     .endpoint = "base_url",
     .path = "/{set}",
     .params = list_sessions_params,
     .result = PAGE(.fields_of = "set"),
     .paging = &pages,
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "syfadis.list_sessions { set = syfadis.session_set.training, filter = "
                "odata.contains(\"Name\", \"session\"), top = 50 }"},
    {.name = "get_session",
     .summary = "Read a session",
     .section = "Obtenir des informations sur une session",
     .method = "GET",
     .endpoint = "base_url",
     .path = "/{set}({id})",
     .params = get_session_params,
     .result_of = "set",
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "syfadis.get_session { set = syfadis.session_set.evaluation, id = 2850816 }"},
    {.name = "list_meeting_sessions",
     .summary = "List face-to-face meetings and virtual classes",
     .section = "Rechercher les séances présentielles ou classes virtuelles d'une session",
     .method = "GET",
     .endpoint = "base_url",
     .path = "/MeetingSessions",
     .params = list_meeting_sessions_params,
     .result = PAGE(.fields = syfadis_meeting_sessions),
     .paging = &pages,
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "syfadis.list_meeting_sessions {\n  filter = "
                "odata.all(odata.eq(\"TrainingSession/Id\", 2247950336),\n                     "
                "odata.eq(\"MeetingMode\", syfadis.meeting_mode.presential)) }"},
    {.name = "get_meeting_session",
     .summary = "Read a meeting",
     .doc = "The vendor's example shows the meeting inside a list of one; it is taken out of it.",
     .section = "Obtenir les informations sur une séance présentielle ou classe virtuelle",
     .method = "GET",
     .endpoint = "base_url",
     .path = "/MeetingSessions({id})",
     .params = get_meeting_session_params,
     .result = syfadis_meeting_sessions,
     .wrapped_in = "value",
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "syfadis.get_meeting_session { id = 2311913488, expand = { \"Localisation\", "
                "\"Rooms\" } }"},
    {.name = "create_training_session",
     .summary = "Create a session of a training",
     .section = "Création d'une session",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/TrainingSessions/Services.Create",
     .params = create_training_session_params,
     .result = syfadis_training_sessions,
     .key = (const char *const[]){"TrainingId", "Name", "StartedOn", "FinishedOn", NULL},
     .probe = {.kind = BD_PROBE_READ,
               .operation = "list_sessions",
               .ask =
                   (const struct bd_probe_ask[]){
                       {"set", .text = "TrainingSessions"},
                       {"filter", .filter =
                                      (const struct bd_probe_match[]){
                                          {"Training/Id", "TrainingId"}, {"Name", "Name"}, {NULL}}},
                       {NULL}},
               .id = "Id",
               .doc = "it shows one more session of this name of the training"},
     .effect = BD_EFFECT_CREATE,
     .example = "syfadis.create_training_session { TrainingId = 2686977, Name = \"Session de "
                "janvier\",\n  StartedOn = \"2026-01-15T08:00:00Z\", FinishedOn = "
                "\"2026-01-16T16:00:00Z\", Modality = 1 }"},
    {.name = "create_evaluation_session",
     .summary = "Create a session of an evaluation",
     .section = "Création d'une session",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/EvaluationSessions/Services.Create",
     .params = create_evaluation_session_params,
     .result = syfadis_evaluation_sessions,
     .key = (const char *const[]){"EvaluationId", "Name", "StartedOn", "FinishedOn", NULL},
     .probe = {.kind = BD_PROBE_READ,
               .operation = "list_sessions",
               .ask =
                   (const struct bd_probe_ask[]){
                       {"set", .text = "EvaluationSessions"},
                       {"filter", .filter = (const struct bd_probe_match[]){{"Evaluation/Id",
                                                                             "EvaluationId"},
                                                                            {"Name", "Name"},
                                                                            {NULL}}},
                       {NULL}},
               .id = "Id",
               .doc = "it shows one more session of this name of the evaluation"},
     .effect = BD_EFFECT_CREATE,
     .example = "syfadis.create_evaluation_session { EvaluationId = 753673, Name = \"Évaluation de "
                "janvier\" }"},
    {.name = "update_session",
     .summary = "Change properties of a session",
     .section = "Modification des propriétés éditable",
     .method = "PATCH",
     .endpoint = "base_url",
     .path = "/{set}({id})",
     .params = update_session_params,
     .result_kind = BD_RESULT_NONE,
     .result_of = "set",
     .key = (const char *const[]){"set", "id", "properties", NULL},
     .probe = {.kind = BD_PROBE_REPEAT, .doc = "the same values again change nothing"},
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .example = "syfadis.update_session { set = syfadis.session_set.training, id = 2850818, Code = "
                "\"SESS_TEST2\" }"},
    {.name = "change_training_session_dates",
     .summary = "Change the dates of a training session",
     .section = "Modification des dates (formation)",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/TrainingSessions/Services.Update",
     .params = change_training_session_dates_params,
     .rules = date_rules,
     .result_kind = BD_RESULT_NONE,
     .result = syfadis_training_sessions,
     .key = (const char *const[]){"SessionId", "StartedOn", "FinishedOn", NULL},
     .probe = {.kind = BD_PROBE_REPEAT, .doc = "the same dates again change nothing"},
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .example = "syfadis.change_training_session_dates { SessionId = 2850818, FinishedOn = "
                "\"2026-01-31T16:00:00Z\" }"},
    {.name = "set_training_session_tutors_and_place",
     .summary = "Set the tutors and the place of a training session",
     .doc = "Tutors are set for the elements at the root only.",
     .section = "Modification des tuteurs et du lieu (formation)",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/TrainingSessions/Services.Update",
     .params = set_training_session_tutors_and_place_params,
     .rules = tutor_rules,
     .result_kind = BD_RESULT_NONE,
     .result = syfadis_training_sessions,
     .key = (const char *const[]){"SessionId", "TutorIds", "LocalisationId", NULL},
     .probe = {.kind = BD_PROBE_REPEAT, .doc = "the same tutors and place again change nothing"},
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .example = "syfadis.set_training_session_tutors_and_place { SessionId = 2850818, TutorIds = { "
                "327680 } }"},
    {.name = "record_attendance",
     .summary = "Record the attendance of a person at a meeting",
     .doc = "For trainings with face-to-face meetings only. That the action belongs to the set "
            "MeetingSessions is our assumption.",
     .section = "Emargement des présences",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/MeetingSessions/Services.Attendance",
     .params = record_attendance_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"MeetingSessionId", "TraineeId", "TraineePresence",
                                  "PresenceHours", NULL},
     .probe = {.kind = BD_PROBE_REPEAT, .doc = "the same attendance again changes nothing"},
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .example = "syfadis.record_attendance { MeetingSessionId = 2311913488, TraineeId = 2916356,\n "
                "                           TraineePresence = syfadis.trainee_presence.present, "
                "PresenceHours = 9 }"},
    {.name = "record_tutor_attendance",
     .summary = "Record the attendance of a tutor at a meeting",
     .doc = "For trainings with face-to-face meetings only. That the action belongs to the set "
            "MeetingSessions is our assumption.",
     .section = "Emargement du tuteur",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/MeetingSessions/Services.TutorAttendance",
     .params = record_tutor_attendance_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"MeetingSessionId", "TutorId", "PresenceHours", NULL},
     .probe = {.kind = BD_PROBE_REPEAT,
               .doc =
                   "it sets the hours, so the same again changes nothing; no operation reads them"},
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .example = "syfadis.record_tutor_attendance { MeetingSessionId = 2311913488, TutorId = "
                "327680, PresenceHours = 9 }"},
    {.name = "list_trainee_presence_views",
     .summary = "List the attendance at a meeting",
     .section = "Récupérer les informations sur l'émargement d'un élément présentiel",
     .method = "GET",
     .endpoint = "base_url",
     .path = "/TraineePresenceViews",
     .params = list_trainee_presence_views_params,
     .result = PAGE(.fields = syfadis_trainee_presence_views),
     .paging = &pages,
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example =
         "syfadis.list_trainee_presence_views { filter = odata.eq(\"MeetingSession/Id\", 100),\n  "
         "expand = { \"ComponentRun\", odata.expand(\"Trainee\", { expand = \"User\" }) } }"},
    {.name = "upload_attendance_sheet",
     .summary = "Put an attendance sheet at a meeting",
     .doc = "For trainings with face-to-face meetings only. That the action belongs to the set "
            "MeetingSessions is our assumption.",
     .section = "Déposer des documents",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/MeetingSessions/Services.AttendanceSheet",
     .params = upload_attendance_sheet_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"MeetingSessionId", "DocumentName", NULL},
     .probe = {.doc = "no operation lists the documents of a meeting"},
     .effect = BD_EFFECT_CREATE,
     .example = "syfadis.upload_attendance_sheet { MeetingSessionId = 2311913488, DocumentName = "
                "\"emargement.pdf\",\n  DocumentContent = "
                "require(\"beadle.fs\").read(\"emargement.pdf\") }"},
    {.name = "archive_session",
     .summary = "Archive a session",
     .section = "Archivage d'une session",
     .method = "DELETE",
     .endpoint = "base_url",
     .path = "/{set}({id})",
     .params = archive_session_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"set", "id", NULL},
     .probe = {.kind = BD_PROBE_READ,
               .operation = "get_session",
               .ask = (const struct bd_probe_ask[]){{"set", .param = "set"},
                                                    {"id", .param = "id"},
                                                    {NULL}},
               .match = (const struct bd_probe_match[]){{"DeletedOn", .how = BD_MATCH_SET}, {NULL}},
               .code = 404,
               .doc = "DeletedOn is set, or it is no longer found"},
     .effect = BD_EFFECT_DELETE,
     .caution = "The document knows no way to restore a session.",
     .example = "syfadis.archive_session { set = syfadis.session_set.training, id = 2850818 }"},
    {.name = "cancel_session",
     .summary = "Cancel a session",
     .section = "Annulation d'une session",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/{set}({id})/Services.Cancel",
     .params = cancel_session_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"set", "id", NULL},
     .probe = {.kind = BD_PROBE_READ,
               .operation = "get_session",
               .ask = (const struct bd_probe_ask[]){{"set", .param = "set"},
                                                    {"id", .param = "id"},
                                                    {NULL}},
               .match =
                   (const struct bd_probe_match[]){{"IsCancelled", .how = BD_MATCH_SET}, {NULL}},
               .doc = "IsCancelled is true"},
     .effect = BD_EFFECT_UPDATE,
     .caution = "The document knows no way to take a cancellation back.",
     .example =
         "syfadis.cancel_session { set = syfadis.session_set.training, id = 1234,\n  CancelReason "
         "= syfadis.cancel_reason.automatically, CancelDescription = \"Formateur en arrêt\" }"},
    {.name = "list_trainees",
     .summary = "List registrations",
     .section = "Recherche des inscriptions",
     .method = "GET",
     .endpoint = "base_url",
     .path = "/{set}",
     .params = list_trainees_params,
     .result = PAGE(.fields_of = "set"),
     .paging = &pages,
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "syfadis.list_trainees { set = syfadis.trainee_set.training, filter = "
                "odata.eq(\"User/Id\", 327680), expand = \"User\" }"},
    {.name = "get_trainee",
     .summary = "Read a registration",
     .section = "Obtenir des informations sur une inscription",
     .method = "GET",
     .endpoint = "base_url",
     .path = "/{set}({id})",
     .params = get_trainee_params,
     .result_of = "set",
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "syfadis.get_trainee { set = syfadis.trainee_set.training, id = 2916356 }"},
    {.name = "register_trainee",
     .summary = "Register a user for a session",
     .section = "Création d'une inscription",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/{set}/Services.Register",
     .params = register_trainee_params,
     .result_of = "set",
     .errors = register_errors,
     .key = (const char *const[]){"set", "SessionId", "UserId", NULL},
     .probe =
         {.kind = BD_PROBE_READ,
          .operation = "list_trainees",
          .ask =
              (const struct bd_probe_ask[]){
                  {"set", .param = "set"},
                  {"filter",
                   .filter = (const struct bd_probe_match[]){{"User/Id", "UserId"},
                                                             {"TrainingSession/Id", "SessionId"},
                                                             {NULL}},
                   .when = "set", .is = "Trainees"},
                  {"filter",
                   .filter = (const struct bd_probe_match[]){{"User/Id", "UserId"},
                                                             {"EvaluationSession/Id", "SessionId"},
                                                             {NULL}},
                   .when = "set", .is = "EvaluationTrainees"},
                  {NULL}},
          .id = "Id",
          .doc = "it shows one more registration of the user for the session"},
     .effect = BD_EFFECT_CREATE,
     .example = "syfadis.register_trainee { set = syfadis.trainee_set.training, SessionId = "
                "2850818, UserId = 126976000 }"},
    {.name = "change_trainee_dates",
     .summary = "Change the dates of a registration",
     .doc = "For registrations of trainings only.",
     .section = "Modification des dates (Formation)",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/Trainees/Services.ChangeDates",
     .params = change_trainee_dates_params,
     .rules = date_rules,
     .result_kind = BD_RESULT_NONE,
     .result = syfadis_trainees,
     .key = (const char *const[]){"TraineeId", "StartedOn", "FinishedOn", NULL},
     .probe = {.kind = BD_PROBE_REPEAT, .doc = "the same dates again change nothing"},
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .example = "syfadis.change_trainee_dates { TraineeId = 2916356, FinishedOn = "
                "\"2026-02-02T16:00:00Z\" }"},
    {.name = "change_trainee_session",
     .summary = "Move a registration to another session",
     .doc = "For registrations of trainings only.",
     .section = "Modification de la session (Formation)",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/Trainees/Services.ChangeSession",
     .params = change_trainee_session_params,
     .result_kind = BD_RESULT_NONE,
     .result = syfadis_trainees,
     .key = (const char *const[]){"TraineeId", "SessionId", NULL},
     .probe = {.kind = BD_PROBE_READ,
               .operation = "get_trainee",
               .ask = (const struct bd_probe_ask[]){{"set", .text = "Trainees"},
                                                    {"id", .param = "TraineeId"},
                                                    {"expand", .text = "TrainingSession"},
                                                    {NULL}},
               .match =
                   (const struct bd_probe_match[]){{"TrainingSession/Id", "SessionId"}, {NULL}},
               .doc = "its TrainingSession is the new one"},
     .effect = BD_EFFECT_UPDATE,
     .example = "syfadis.change_trainee_session { TraineeId = 2916356, SessionId = 2850819 }"},
    {.name = "unregister_trainee",
     .summary = "Archive a registration",
     .section = "Archivage d'une inscription",
     .method = "POST",
     .endpoint = "base_url",
     .path = "[?TraineeId:/Trainees][?EvaluationTraineeId:/EvaluationTrainees]/Services.Unregister",
     .params = unregister_trainee_params,
     .rules = unregister_rules,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"TraineeId", "EvaluationTraineeId", NULL},
     .probe = {.kind = BD_PROBE_READ,
               .operation = "get_trainee",
               .ask =
                   (const struct bd_probe_ask[]){
                       {"set", .text = "Trainees", .when = "TraineeId"},
                       {"id", .param = "TraineeId"},
                       {"set", .text = "EvaluationTrainees", .when = "EvaluationTraineeId"},
                       {"id", .param = "EvaluationTraineeId"},
                       {NULL}},
               .match = (const struct bd_probe_match[]){{"DeletedOn", .how = BD_MATCH_SET}, {NULL}},
               .code = 404,
               .doc = "DeletedOn is set, or it is no longer found"},
     .effect = BD_EFFECT_DELETE,
     .example = "syfadis.unregister_trainee { TraineeId = 2916366 }"},
    {.name = "list_trainings",
     .summary = "List trainings or evaluations",
     .section = "Recherche des formations / évaluations",
     .method = "GET",
     .endpoint = "base_url",
     .path = "/{set}",
     .params = list_trainings_params,
     .result = PAGE(.fields_of = "set"),
     .paging = &pages,
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "syfadis.list_trainings { set = syfadis.training_set.trainings, filter = "
                "odata.contains(\"Name\", \"word\"), top = 50 }"},
    {.name = "get_training",
     .summary = "Read a training or an evaluation",
     .section = "Obtenir des informations sur une formation / évaluation",
     .method = "GET",
     .endpoint = "base_url",
     .path = "/{set}({id})",
     .params = get_training_params,
     .result_of = "set",
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "syfadis.get_training { set = syfadis.training_set.evaluations, id = 753673 }"},
    {.name = "create_training",
     .summary = "Create a training or an evaluation",
     .section = "Création d'une formation / évaluation",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/{set}",
     .params = create_training_params,
     .result_of = "set",
     .key = (const char *const[]){"set", "Name", NULL},
     .probe = {.kind = BD_PROBE_READ,
               .operation = "list_trainings",
               .ask = (const struct bd_probe_ask[]){{"set", .param = "set"},
                                                    {"filter", .filter =
                                                                   (const struct bd_probe_match[]){
                                                                       {"Name", "Name"}, {NULL}}},
                                                    {NULL}},
               .id = "Id",
               .doc = "it shows one more of this name"},
     .effect = BD_EFFECT_CREATE,
     .example =
         "syfadis.create_training { set = syfadis.training_set.trainings, Name = \"FuturSkill\",\n "
         "                         LearningMode = syfadis.learning_mode.blended }"},
    {.name = "update_training",
     .summary = "Change properties of a training or an evaluation",
     .section = "Modification d'une formation / évaluation",
     .method = "PATCH",
     .endpoint = "base_url",
     .path = "/{set}({id})",
     .params = update_training_params,
     .result_kind = BD_RESULT_NONE,
     .result_of = "set",
     .key = (const char *const[]){"set", "id", "properties", NULL},
     .probe = {.kind = BD_PROBE_REPEAT, .doc = "the same values again change nothing"},
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .example = "syfadis.update_training { set = syfadis.training_set.trainings, id = 2686977, "
                "Name = \"FuturSkill 2\", Code = \"FS-02\" }"},
    {.name = "archive_training",
     .summary = "Archive a training or an evaluation",
     .section = "Archivage d'une formation / évaluation",
     .method = "DELETE",
     .endpoint = "base_url",
     .path = "/{set}({id})",
     .params = archive_training_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"set", "id", NULL},
     .probe = {.kind = BD_PROBE_READ,
               .operation = "get_training",
               .ask = (const struct bd_probe_ask[]){{"set", .param = "set"},
                                                    {"id", .param = "id"},
                                                    {NULL}},
               .match = (const struct bd_probe_match[]){{"DeletedOn", .how = BD_MATCH_SET}, {NULL}},
               .code = 404,
               .doc = "DeletedOn is set, or it is no longer found"},
     .effect = BD_EFFECT_DELETE,
     .caution = "The document knows no way to restore a training.",
     .example = "syfadis.archive_training { set = syfadis.training_set.trainings, id = 2686977 }"},
    {.name = "set_my_trainings_page_data",
     .summary = "Choose the page layout of learners' sessions of a training",
     .doc = "That the action belongs to the set Trainings is our assumption.",
     .section = "Modification de la mise en page Catalogue & Session",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/Trainings/Services.SetMyTrainingsPageData",
     .params = set_my_trainings_page_data_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"TrainingId", "PageDataCode", NULL},
     .probe = {.kind = BD_PROBE_REPEAT, .doc = "the same layout again changes nothing"},
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .example =
         "syfadis.set_my_trainings_page_data { TrainingId = 2686977, PageDataCode = \"PAGE\" }"},
    {.name = "set_catalog_page_data",
     .summary = "Choose the page layout of a training in the catalogue",
     .doc = "That the action belongs to the set Trainings is our assumption.",
     .section = "Modification de la mise en page Catalogue & Session",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/Trainings/Services.SetCatalogPageData",
     .params = set_catalog_page_data_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"TrainingId", "PageDataCode", NULL},
     .probe = {.kind = BD_PROBE_REPEAT, .doc = "the same layout again changes nothing"},
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .example = "syfadis.set_catalog_page_data { TrainingId = 2686977, PageDataCode = \"PAGE\" }"},
    {.name = "set_front_office_user_privilege",
     .summary = "Give or take a privilege of a user on a training in the front office",
     .doc = "That the action belongs to the set Trainings is our assumption.",
     .section = "Modification des Privilèges Front & Back Office",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/Trainings/Services.SetFrontOfficeUserPrivilege",
     .params = set_front_office_user_privilege_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"TrainingId", "OwnerId", "Privilege", "State", NULL},
     .probe = {.kind = BD_PROBE_REPEAT, .doc = "the same state again changes nothing"},
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .example = "syfadis.set_front_office_user_privilege { TrainingId = 2686977, OwnerId = "
                "327680,\n  Privilege = syfadis.privilege.register, State = true }"},
    {.name = "set_front_office_group_privilege",
     .summary = "Give or take a privilege of a group on a training in the front office",
     .doc = "That the action belongs to the set Trainings is our assumption.",
     .section = "Modification des Privilèges Front & Back Office",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/Trainings/Services.SetFrontOfficeGroupPrivilege",
     .params = set_front_office_group_privilege_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"TrainingId", "OwnerId", "Privilege", "State", NULL},
     .probe = {.kind = BD_PROBE_REPEAT, .doc = "the same state again changes nothing"},
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .example = "syfadis.set_front_office_group_privilege { TrainingId = 2686977, OwnerId = "
                "327680,\n  Privilege = syfadis.privilege.register, State = true }"},
    {.name = "set_front_office_domain_privilege",
     .summary = "Give or take a privilege of a domain on a training in the front office",
     .doc = "That the action belongs to the set Trainings is our assumption.",
     .section = "Modification des Privilèges Front & Back Office",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/Trainings/Services.SetFrontOfficeDomainPrivilege",
     .params = set_front_office_domain_privilege_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"TrainingId", "OwnerId", "Privilege", "State", NULL},
     .probe = {.kind = BD_PROBE_REPEAT, .doc = "the same state again changes nothing"},
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .example = "syfadis.set_front_office_domain_privilege { TrainingId = 2686977, OwnerId = "
                "327680,\n  Privilege = syfadis.privilege.register, State = true }"},
    {.name = "set_back_office_user_privilege",
     .summary = "Give or take a privilege of a user on a training in the back office",
     .doc = "That the action belongs to the set Trainings is our assumption.",
     .section = "Modification des Privilèges Front & Back Office",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/Trainings/Services.SetBackOfficeUserPrivilege",
     .params = set_back_office_user_privilege_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"TrainingId", "OwnerId", "Privilege", "State", NULL},
     .probe = {.kind = BD_PROBE_REPEAT, .doc = "the same state again changes nothing"},
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .example = "syfadis.set_back_office_user_privilege { TrainingId = 2686977, OwnerId = "
                "327680,\n  Privilege = syfadis.privilege.register, State = true }"},
    {.name = "set_back_office_group_privilege",
     .summary = "Give or take a privilege of a group on a training in the back office",
     .doc = "That the action belongs to the set Trainings is our assumption.",
     .section = "Modification des Privilèges Front & Back Office",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/Trainings/Services.SetBackOfficeGroupPrivilege",
     .params = set_back_office_group_privilege_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"TrainingId", "OwnerId", "Privilege", "State", NULL},
     .probe = {.kind = BD_PROBE_REPEAT, .doc = "the same state again changes nothing"},
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .example = "syfadis.set_back_office_group_privilege { TrainingId = 2686977, OwnerId = "
                "327680,\n  Privilege = syfadis.privilege.register, State = true }"},
    {.name = "set_back_office_domain_privilege",
     .summary = "Give or take a privilege of a domain on a training in the back office",
     .doc = "That the action belongs to the set Trainings is our assumption.",
     .section = "Modification des Privilèges Front & Back Office",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/Trainings/Services.SetBackOfficeDomainPrivilege",
     .params = set_back_office_domain_privilege_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"TrainingId", "OwnerId", "Privilege", "State", NULL},
     .probe = {.kind = BD_PROBE_REPEAT, .doc = "the same state again changes nothing"},
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .example = "syfadis.set_back_office_domain_privilege { TrainingId = 2686977, OwnerId = "
                "327680,\n  Privilege = syfadis.privilege.register, State = true }"},
    {.name = "list_tracking_views",
     .summary = "List what people read and wrote in the community",
     .section = "Recherche des éléments de trackings communautaires",
     .method = "GET",
     .endpoint = "base_url",
     .path = "/TrackingViews",
     .params = list_tracking_views_params,
     .result = PAGE(.fields = syfadis_tracking_views),
     .paging = &pages,
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "syfadis.list_tracking_views { expand = odata.expand(\"User\", { select = \"Name\" "
                "}),\n  filter = odata.eq(\"Session/Code\", \"SESS_TEST\"), select = { "
                "\"Timestamp\", \"ActionType\" } }"},
    {.name = "list_item_ratings",
     .summary = "List ratings of a training or an evaluation",
     .doc = "The vendor filters by the id or the name of the training or evaluation only.",
     .section = "Recherche des notations",
     .method = "GET",
     .endpoint = "base_url",
     .path = "/ItemRatings",
     .params = list_item_ratings_params,
     .result = PAGE(.fields = syfadis_item_ratings),
     .paging = &pages,
     .effect = BD_EFFECT_READ,
     .repeatable = true,
     .example = "syfadis.list_item_ratings { filter = odata.eq(\"CatalogItem/Id\", 143), select = "
                "{ \"User\", \"Rate\" } }"},
    {.name = "rate_catalog_item_for_user",
     .summary = "Set a user's rating of a training or an evaluation",
     .section = "Notation d'une formation/évaluation",
     .method = "POST",
     .endpoint = "base_url",
     .path = "/ItemRatings/Services.RateCatalogItemForUser",
     .params = rate_catalog_item_for_user_params,
     .result_kind = BD_RESULT_NONE,
     .key = (const char *const[]){"UserId", "CatalogItemId", "Rate", NULL},
     .probe = {.kind = BD_PROBE_REPEAT, .doc = "the same rating again changes nothing"},
     .effect = BD_EFFECT_UPDATE,
     .repeatable = true,
     .example = "syfadis.rate_catalog_item_for_user { UserId = 126976000, CatalogItemId = "
                "51183616, Rate = 2 }"},
    {.name = NULL}};

// The property tables of the document, by entity set; "Groups" is one for each sort of group.
static const struct bd_table tables[] = {
    {"Users", "a person", syfadis_users},
    {"Domains", "a domain", syfadis_domains},
    {"Establishments", "an establishment", syfadis_establishments},
    {"Jobs", "a job", syfadis_jobs},
    {"Projects", "a project", syfadis_projects},
    {"Structures", "a structure", syfadis_structures},
    {"Teams", "a team", syfadis_teams},
    {"Localisations", "a training place", syfadis_localisations},
    {"TrainingProviders",
     "a training provider, tied to trainings and sessions; no operation of the document is about "
     "them",
     syfadis_training_providers},
    {"TrainingSessions", "a session of a training", syfadis_training_sessions},
    {"EvaluationSessions", "a session of an evaluation", syfadis_evaluation_sessions},
    {"MeetingSessions",
     "a face-to-face meeting or virtual class of a session; the document shows them in an example "
     "only",
     syfadis_meeting_sessions},
    {"TraineePresenceViews", "the attendance of one person at one meeting",
     syfadis_trainee_presence_views},
    {"AbstractCourseComponentRun", "the attendance data in a TraineePresenceView",
     syfadis_abstract_course_component_run},
    {"Trainees", "a registration for a session of a training", syfadis_trainees},
    {"EvaluationTrainees", "a registration for a session of an evaluation",
     syfadis_evaluation_trainees},
    {"Trainings", "a training", syfadis_trainings},
    {"Evaluations", "an evaluation", syfadis_evaluations},
    {"TrackingViews", "something that a person read or wrote in the community",
     syfadis_tracking_views},
    {"ItemRatings", "a person's rating of a training or evaluation", syfadis_item_ratings},
    {NULL, NULL, NULL}};

static const struct bd_field settings[] = {
    {.name = "base_url",
     .type = &bd_url_type,
     .sandbox = "https://academy.example.org/odata-api",
     .doc = "https://YOUR-HOST/odata-api"},
    {.name = "user",
     .type = &bd_string,
     .sandbox = "test-user",
     .doc = "name of the API account, from Configuration > API access privileges"},
    {.name = "password",
     .type = &bd_secret_text,
     .flags = BD_SECRET,
     .sandbox = "Test-Password-0001",
     .doc = "password of the API account"},
    {.name = NULL}};

// "Les types de réponses possibles", at every request
static const struct bd_vendor_error errors[] = {
    {400, BD_REJECTED, "a technical or functional error"},
    {401, BD_AUTH, "the account is unknown, or lacks the privilege for this entity",
     "Check user and password, and the account's rights under Configuration > API access "
     "privileges."},
    {404, BD_NOT_FOUND, "there is no such record"},
    {500, BD_SERVER, "the vendor's server failed, or a name in the address has the wrong case",
     "Names of entities and properties are case-sensitive."},
    {0, BD_REJECTED, NULL}};

const struct bd_vendor bd_vendor_syfadis = {
    .name = "syfadis",
    .settle = 120,
    .title = "Syfadis",
    .document = "oData gestion des entités",
    .settings = settings,
    .enumerations = syfadis_enumerations,
    .errors = errors,
    .operations = operations,
    .auth = {.user = "user", .password = "password"},
    .envelope = {.failure = "error", .message = "message"},
    .hosts = (const char *const[]){"academy.example.org", NULL},
    .tables = tables,
    .hello = {.operation = "list_item_ratings", .argument = "top=1"},
};
