// SPDX-License-Identifier: MIT
// Properties of groups. Facts: the vendor's page "oData gestion des entités", "Propriétés".
#include "syfadis.h"

// The seven sets have the same properties but for the name of the parent.
#define GROUP_PROPERTIES(own, parent)                                                              \
    {.name = "Id", .type = &bd_integer, .flags = BD_NULLABLE | BD_READ_ONLY, .doc = "identifier"}, \
        {.name = "CreatedBy",                                                                      \
         .type = &bd_any,                                                                          \
         .flags = BD_NULLABLE | BD_READ_ONLY,                                                      \
         .doc = "user who created it"},                                                            \
        {.name = "ModifiedBy",                                                                     \
         .type = &bd_any,                                                                          \
         .flags = BD_NULLABLE | BD_READ_ONLY,                                                      \
         .doc = "user of the last change"},                                                        \
        {.name = "CreatedOn",                                                                      \
         .type = &bd_moment,                                                                       \
         .flags = BD_NULLABLE | BD_READ_ONLY,                                                      \
         .doc = "creation date"},                                                                  \
        {.name = "ModifiedOn",                                                                     \
         .type = &bd_moment,                                                                       \
         .flags = BD_NULLABLE | BD_READ_ONLY,                                                      \
         .doc = "date of the last change"},                                                        \
        {.name = "DeletedOn",                                                                      \
         .type = &bd_moment,                                                                       \
         .flags = BD_NULLABLE | BD_READ_ONLY,                                                      \
         .doc = "deletion date"},                                                                  \
        {.name = "ExternalId",                                                                     \
         .type = &bd_text,                                                                         \
         .flags = BD_NULLABLE,                                                                     \
         .doc = "id in the customer's system",                                                     \
         .max = 250},                                                                              \
        {.name = "Name", .type = &bd_text, .flags = BD_NULLABLE, .doc = "name", .max = 250},       \
        {.name = "Code", .type = &bd_text, .flags = BD_NULLABLE, .doc = "code", .max = 50},        \
        {.name = "Father0",                                                                        \
         .type = &bd_integer,                                                                      \
         .flags = BD_NULLABLE | BD_READ_ONLY,                                                      \
         .doc = "id of the level-0 parent"},                                                       \
        {.name = parent,                                                                           \
         .type = &bd_link,                                                                         \
         .flags = BD_NULLABLE | BD_ASSUMED,                                                        \
         .set = own,                                                                               \
         .doc = "parent group"},                                                                   \
        {.name = "PrimaryDomain",                                                                  \
         .type = &bd_link,                                                                         \
         .flags = BD_NULLABLE,                                                                     \
         .doc = "managing domain",                                                                 \
         .set = "Domains"},                                                                        \
        {.name = "Managers",                                                                       \
         .type = &bd_link_list,                                                                    \
         .flags = BD_NULLABLE,                                                                     \
         .doc = "people in charge",                                                                \
         .set = "Users"},                                                                          \
        {.name = "Members",                                                                        \
         .type = &bd_list,                                                                         \
         .flags = BD_NULLABLE | BD_READ_ONLY,                                                      \
         .doc = "members"},                                                                        \
    {                                                                                              \
        .name = NULL                                                                               \
    }

const struct bd_field syfadis_domains[] = {GROUP_PROPERTIES("Domains", "ParentDomain")};
const struct bd_field syfadis_establishments[] = {
    GROUP_PROPERTIES("Establishments", "ParentEstablishment")};
const struct bd_field syfadis_jobs[] = {GROUP_PROPERTIES("Jobs", "ParentJob")};
const struct bd_field syfadis_projects[] = {GROUP_PROPERTIES("Projects", "ParentProject")};
const struct bd_field syfadis_structures[] = {GROUP_PROPERTIES("Structures", "ParentStructure")};
const struct bd_field syfadis_teams[] = {GROUP_PROPERTIES("Teams", "ParentTeam")};
const struct bd_field syfadis_localisations[] = {
    GROUP_PROPERTIES("Localisations", "ParentLocalisation")};
