// SPDX-License-Identifier: MIT
// "Groupes" and "Partitions": a partition divides the students of a semester into groups.
#include "room.h"

#define GROUP     IN_PATH("group_id", bd_integer, "the group, by its id")
#define PARTITION IN_PATH("partition_id", bd_integer, "the partition, by its id")
#define GROUPS    .permission = "ScoEtudChangeGroups"

#define AGAIN(sentence) .probe = {.kind = BD_PROBE_REPEAT, .doc = (sentence)}, .repeatable = true
#define GONE                                                                            \
    .probe = {.kind = BD_PROBE_REPEAT, .code = 404, .doc = "404 says that it is gone"}, \
    .repeatable = true

#define NAME(param, sentence) IN_JSON(param, bd_string, BD_REQUIRED, sentence)

#define IDS(param, sentence)                                                                  \
    {                                                                                         \
        .name = (param), .type = &bd_integer_list, .place = BD_IN_BODY, .flags = BD_REQUIRED, \
        .doc = (sentence)                                                                     \
    }

#define NAME_IN_USE(sentence)                                                        \
    .errors = (const struct bd_vendor_error[])                                       \
    {                                                                                \
        {.code = 404, .kind = BD_NOT_FOUND, .meaning = (sentence), .assumed = true}, \
        {                                                                            \
            .code = 0                                                                \
        }                                                                            \
    }

static const struct bd_field placed[] = {
    GUESS("group_id", bd_integer, "id of the group the student is in now; null for none"),
    GUESS("etudid", bd_integer, "id of the student"),
    END,
};

static const struct bd_field taken_out[] = {
    GUESS("partition_id", bd_integer, "id of the partition"),
    GUESS("etudid", bd_integer, "id of the student"),
    END,
};

const struct bd_operation scodoc_groupes[] = {
    {.name = "partition_group_create",
     .summary = "Create a group in a partition",
     .section = "partition-group-create",
     POST("/partition/{partition_id}/create"),
     GROUPS,
     .params =
         (const struct bd_field[]){
             PARTITION, NAME("group_name", "name of the group, unique in the partition"), END},
     .result = scodoc_group,
     NAME_IN_USE("there is no such partition, it is locked, or the name is not valid or in use"),
     .effect = BD_EFFECT_CREATE,
     .key = KEY("partition_id", "group_name"),
     .probe = {.kind = BD_PROBE_READ,
               .operation = "partition",
               .ask =
                   (const struct bd_probe_ask[]){{"partition_id", .param = "partition_id"}, {NULL}},
               .list = "groups",
               .match = (const struct bd_probe_match[]){{"group_name|name", "group_name"}, {NULL}},
               .doc = "look for a group of this name in the partition"},
     .example = "scodoc.partition_group_create { partition_id = 1962, group_name = \"A\" }"},

    {.name = "group_edit",
     .summary = "Rename a group",
     .section = "group-edit",
     POST("/group/{group_id}/edit"),
     GROUPS,
     .params = (const struct bd_field[]){GROUP, NAME("group_name", "the new name"), END},
     .result = scodoc_group,
     .effect = BD_EFFECT_UPDATE,
     .key = KEY("group_id", "group_name"),
     AGAIN("the same name twice changes nothing more"),
     .example = "scodoc.group_edit { group_id = 4581, group_name = \"nouveau\" }"},

    {.name = "partition_groups_order",
     .summary = "Put the groups of a partition in order",
     .section = "partition-groups-order",
     POST("/partition/{partition_id}/groups/order"),
     GROUPS,
     .params =
         (const struct bd_field[]){PARTITION, IDS("group_ids", "ids of the groups, in their order"),
                                   END},
     .result_kind = BD_RESULT_NONE,
     .effect = BD_EFFECT_UPDATE,
     .key = KEY("partition_id", "group_ids"),
     AGAIN("the same order twice changes nothing more"),
     .example =
         "scodoc.partition_groups_order { partition_id = 1962, group_ids = { 4383, 4379 } }"},

    {.name = "group_delete",
     .summary = "Delete a group",
     .doc = "Its students stay in the semester.",
     .section = "group-delete",
     POST("/group/{group_id}/delete"),
     GROUPS,
     .params = (const struct bd_field[]){GROUP, END},
     .result_kind = BD_RESULT_NONE,
     .effect = BD_EFFECT_DELETE,
     .key = KEY("group_id"),
     GONE,
     .example = "scodoc.group_delete { group_id = 4581 }"},

    {.name = "etudiant_formsemestre_groups",
     .summary = "List the groups of a student in a semester",
     .section = "etudiant-formsemestre-groups",
     GET("/etudiant" IS_STUDENT "/semestre/{formsemestre_id}/groups"),
     VIEW,
     .params = (const struct bd_field[]){STUDENT, FORMSEMESTRE, END},
     .rules = scodoc_one_student,
     .result_kind = BD_RESULT_LIST,
     .result = scodoc_group,
     .example = "scodoc.etudiant_formsemestre_groups { nip = \"1\", formsemestre_id = 1 }"},

    {.name = "group_set_etudiant",
     .summary = "Put a student into a group",
     .doc = "A student is in one group of a partition: the other one is left.",
     .section = "group-set_etudiant",
     POST("/group/{group_id}/set_etudiant/{etudid}"),
     GROUPS,
     .params = (const struct bd_field[]){GROUP, ETUDID, END},
     .result = placed,
     .effect = BD_EFFECT_UPDATE,
     .key = KEY("group_id", "etudid"),
     AGAIN("a student who is there already stays there"),
     .example = "scodoc.group_set_etudiant { group_id = 4085, etudid = 12108 }"},

    {.name = "group_remove_etudiant",
     .summary = "Take a student out of a group",
     .section = "group-remove_etudiant",
     POST("/group/{group_id}/remove_etudiant/{etudid}"),
     GROUPS,
     .params = (const struct bd_field[]){GROUP, ETUDID, END},
     .result = placed,
     .effect = BD_EFFECT_UPDATE,
     .key = KEY("group_id", "etudid"),
     AGAIN("a student who is not there stays out"),
     .example = "scodoc.group_remove_etudiant { group_id = 4085, etudid = 12108 }"},

    // "Partitions"
    {.name = "formsemestre_partitions",
     .summary = "List the partitions of a semester with their groups",
     .doc = "Versions differ: a list, or an object with each under its id. pairs() reads both.",
     .section = "formsemestre-partitions",
     GET("/formsemestre/{formsemestre_id}/partitions"),
     VIEW,
     .params = (const struct bd_field[]){FORMSEMESTRE, END},
     .result_kind = BD_RESULT_EACH,
     .result = scodoc_partition,
     .example = "scodoc.formsemestre_partitions { formsemestre_id = 911 }"},

    {.name = "partition",
     .summary = "Describe a partition with its groups",
     .section = "partition",
     GET("/partition/{partition_id}"),
     VIEW,
     .params = (const struct bd_field[]){PARTITION, END},
     .result = scodoc_partition,
     .example = "scodoc.partition { partition_id = 1963 }"},

    {.name = "formsemestre_partition_create",
     .summary = "Create a partition in a semester",
     .section = "formsemestre-partition-create",
     POST("/formsemestre/{formsemestre_id}/partition/create"),
     GROUPS,
     .params =
         (const struct bd_field[]){
             FORMSEMESTRE, NAME("partition_name", "name of the partition, unique in the semester"),
             END},
     .result = scodoc_partition,
     NAME_IN_USE("there is no such semester, or the name is not valid or in use"),
     .effect = BD_EFFECT_CREATE,
     .key = KEY("formsemestre_id", "partition_name"),
     .probe = {.kind = BD_PROBE_READ,
               .operation = "formsemestre_partitions",
               .ask = (const struct bd_probe_ask[]){{"formsemestre_id", .param = "formsemestre_id"},
                                                    {NULL}},
               .match =
                   (const struct bd_probe_match[]){{"partition_name", "partition_name"}, {NULL}},
               .doc = "look for a partition of this name in the semester"},
     .example = "scodoc.formsemestre_partition_create { formsemestre_id = 944, partition_name = "
                "\"PART\" }"},

    {.name = "partition_edit",
     .summary = "Rename a partition",
     .section = "partition-edit",
     POST("/partition/{partition_id}/edit"),
     GROUPS,
     .params = (const struct bd_field[]){PARTITION, NAME("partition_name", "the new name"), END},
     .result = scodoc_partition,
     .effect = BD_EFFECT_UPDATE,
     .key = KEY("partition_id", "partition_name"),
     AGAIN("the same name twice changes nothing more"),
     .example = "scodoc.partition_edit { partition_id = 2047, partition_name = \"PART4\" }"},

    {.name = "formsemestre_partitions_order",
     .summary = "Put the partitions of a semester in order",
     .section = "formsemestre-partitions-order",
     POST("/formsemestre/{formsemestre_id}/partitions/order"),
     GROUPS,
     .params =
         (const struct bd_field[]){
             FORMSEMESTRE, IDS("partition_ids", "ids of the partitions, in their order"), END},
     .result_kind = BD_RESULT_NONE,
     .effect = BD_EFFECT_UPDATE,
     .key = KEY("formsemestre_id", "partition_ids"),
     AGAIN("the same order twice changes nothing more"),
     .example = "scodoc.formsemestre_partitions_order { formsemestre_id = 944, partition_ids = { "
                "2048, 2054 } }"},

    {.name = "partition_delete",
     .summary = "Delete a partition with its groups",
     .section = "partition-delete",
     POST("/partition/{partition_id}/delete"),
     GROUPS,
     .params = (const struct bd_field[]){PARTITION, END},
     .result_kind = BD_RESULT_NONE,
     .effect = BD_EFFECT_DELETE,
     .key = KEY("partition_id"),
     GONE,
     .example = "scodoc.partition_delete { partition_id = 2047 }"},

    {.name = "partition_remove_etudiant",
     .summary = "Take a student out of all groups of a partition",
     .section = "partition-remove_etudiant",
     POST("/partition/{partition_id}/remove_etudiant/{etudid}"),
     GROUPS,
     .params = (const struct bd_field[]){PARTITION, ETUDID, END},
     .result = taken_out,
     .effect = BD_EFFECT_UPDATE,
     .key = KEY("partition_id", "etudid"),
     AGAIN("a student who is in none of its groups stays so"),
     .example = "scodoc.partition_remove_etudiant { partition_id = 1962, etudid = 12107 }"},
    {.name = NULL, .more = scodoc_notes}};
