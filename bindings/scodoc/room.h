// SPDX-License-Identifier: MIT
// What the files of this room share: how its records are written, and the structures that answers are made
// of. Facts: the vendor's document "ScoDoc 9 API"; `section` names the heading.
#ifndef SCODOC_ROOM_H
#define SCODOC_ROOM_H

#include "bindings/catalogue/operation.h"
#include "bindings/catalogue/type.h"

// ------------------------------------------------------------------------------------------------
// Operations, a file per theme. Each array leads to the next.

extern const struct bd_operation scodoc_departements[], scodoc_etudiants[], scodoc_formsemestres[],
    scodoc_groupes[], scodoc_notes[], scodoc_utilisateurs[];

// Rights are limited to a department when its acronym stands before "api".
#define API "[/{department}]/api"

#define GET(where)                                                                          \
    .method = "GET", .endpoint = "base_url", .path = (API where), .effect = BD_EFFECT_READ, \
    .repeatable = true

#define POST(where) .method = "POST", .endpoint = "base_url", .path = (API where)

#define VIEW .permission = "ScoView"

#define KEY(...)          \
    (const char *const[]) \
    {                     \
        __VA_ARGS__, NULL \
    }

#define END          \
    {                \
        .name = NULL \
    }

// ------------------------------------------------------------------------------------------------
// Parameters

#define IN_PATH(param, of_type, sentence)                                               \
    {                                                                                   \
        .name = (param), .type = &(of_type), .place = BD_IN_PATH, .flags = BD_REQUIRED, \
        .doc = (sentence)                                                               \
    }

#define FORMSEMESTRE IN_PATH("formsemestre_id", bd_integer, "the semester, by its id")

// An account's logins name persons.
#define USER                                                             \
    {                                                                    \
        .name = "uid", .type = &bd_integer, .place = BD_IN_PATH,         \
        .flags = BD_REQUIRED | BD_PERSONAL, .doc = "the user, by the id" \
    }

#define ETUDID                                                              \
    {                                                                       \
        .name = "etudid", .type = &bd_integer, .place = BD_IN_PATH,         \
        .flags = BD_REQUIRED | BD_PERSONAL, .doc = "the student, by the id" \
    }

#define IN_JSON(param, of_type, more, sentence)                                    \
    {                                                                              \
        .name = (param), .type = &(of_type), .place = BD_IN_JSON, .flags = (more), \
        .doc = (sentence)                                                          \
    }

#define OPTION(param, sentence)                                                 \
    {                                                                           \
        .name = (param), .type = &bd_flag, .place = BD_ASIDE, .doc = (sentence) \
    }

// A student, by one of three; the codes are not unique across departments.
#define STUDENT                                                                       \
    {.name = "etudid",                                                                \
     .type = &bd_integer,                                                             \
     .place = BD_IN_PATH,                                                             \
     .flags = BD_PERSONAL,                                                            \
     .doc = "the student, by the id"},                                                \
        {.name = "nip",                                                               \
         .type = &bd_string,                                                          \
         .place = BD_IN_PATH,                                                         \
         .flags = BD_PERSONAL,                                                        \
         .doc = "the student, by the NIP code; unique in a department only"},         \
    {                                                                                 \
        .name = "ine", .type = &bd_string, .place = BD_IN_PATH, .flags = BD_PERSONAL, \
        .doc = "the student, by the INE code; unique in a department only"            \
    }
#define IS_STUDENT "[/etudid/{etudid}][/nip/{nip}][/ine/{ine}]"
extern const struct bd_rule scodoc_one_student[];

// A department, by one of two.
#define DEPARTMENT                                               \
    {.name = "dept_id",                                          \
     .type = &bd_integer,                                        \
     .place = BD_IN_PATH,                                        \
     .doc = "the department, by its id"},                        \
    {                                                            \
        .name = "dept", .type = &bd_string, .place = BD_IN_PATH, \
        .doc = "the department, by its acronym"                  \
    }
#define IS_DEPARTMENT "[/id/{dept_id}][/{dept}]"
extern const struct bd_rule scodoc_one_departement[];

extern const struct bd_enumeration scodoc_civilite, scodoc_etat, scodoc_version, scodoc_format;

#define ETAT                                                                               \
    {                                                                                      \
        .name = "etat", .type = &bd_string, .place = BD_IN_QUERY, .choices = &scodoc_etat, \
        .doc = "only students whose enrolment is in this state"                            \
    }

#define FORMAT                                                                                 \
    {                                                                                          \
        .name = "format", .type = &bd_string, .place = BD_IN_QUERY, .choices = &scodoc_format, \
        .doc = "how numbers are written; without it as texts"                                  \
    }

// ------------------------------------------------------------------------------------------------
// Results. What the vendor's document leaves open may be missing, so that no good answer is refused.

#define SURE(member, of_type, sentence)                         \
    {                                                           \
        .name = (member), .type = &(of_type), .doc = (sentence) \
    }

#define MAYBE(member, of_type, sentence)                                              \
    {                                                                                 \
        .name = (member), .type = &(of_type), .flags = BD_NULLABLE, .doc = (sentence) \
    }

// Says something about a person.
#define ABOUT(member, of_type, sentence)                                          \
    {                                                                             \
        .name = (member), .type = &(of_type), .flags = BD_NULLABLE | BD_PERSONAL, \
        .doc = (sentence)                                                         \
    }

// The same two, where the vendor's document does not name the member.
#define GUESS(member, of_type, sentence)                                                           \
    {                                                                                              \
        .name = (member), .type = &(of_type), .flags = BD_NULLABLE | BD_ASSUMED, .doc = (sentence) \
    }

#define GUESS_ABOUT(member, of_type, sentence)                                                 \
    {                                                                                          \
        .name = (member), .type = &(of_type), .flags = BD_NULLABLE | BD_PERSONAL | BD_ASSUMED, \
        .doc = (sentence)                                                                      \
    }

#define WITH(member, of_type, members, sentence)                                         \
    {                                                                                    \
        .name = (member), .type = &(of_type), .flags = BD_NULLABLE, .fields = (members), \
        .doc = (sentence)                                                                \
    }

#define GUESS_WITH(member, of_type, members, sentence)                           \
    {                                                                            \
        .name = (member), .type = &(of_type), .flags = BD_NULLABLE | BD_ASSUMED, \
        .fields = (members), .doc = (sentence)                                   \
    }

extern const struct bd_field scodoc_departement[], scodoc_etudiant[], scodoc_formation[],
    scodoc_formsemestre[], scodoc_moduleimpl[], scodoc_partition[], scodoc_group[],
    scodoc_bulletin[];

#endif
