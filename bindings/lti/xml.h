// SPDX-License-Identifier: MIT
// Reads small XML documents that strangers sent, with expat. What makes XML dangerous is refused, not limited: a
// document type (and with it every entity of its own), and every encoding but UTF-8. All else has a limit.
#ifndef BD_LTI_XML_H
#define BD_LTI_XML_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

struct bd_xml_limits {
    size_t bytes;      // of the document
    size_t depth;      // elements within each other; 1: the root alone
    size_t elements;   // in all
    size_t attributes; // of all elements together
    size_t name;       // bytes of a name with its namespace
    size_t text;       // bytes of the text of one element, and of the value of one attribute
};

// 64 KiB, 32 levels, 1,000 elements, 256 attributes, names of 512 bytes, texts of 16 KiB.
extern const struct bd_xml_limits bd_xml_limits_usual;

struct bd_xml_fault {
    const char
        *reason; // one word, static: doctype, encoding, too_large, too_deep, too_many_elements,
                 // too_many_attributes, name_too_long, text_too_long, empty, not_well_formed
    const char *message; // a sentence's rest, static
    size_t line;         // where it was seen, from 1; 0: before reading began
};

// Pushes the root element and returns true, or pushes nothing, fills `fault` and returns false. An element is
// { name =, namespace = (nil: none), attributes = (nil: none) name -> value, text = all that stands directly in it,
// child, child, ... }. An attribute with a prefix is named "{namespace}name". Comments and processing instructions
// are passed over. Raises for want of memory only. [-0, +(0|1)]
bool bd_xml_read(lua_State *L, const char *text, size_t len, const struct bd_xml_limits *limits,
                 struct bd_xml_fault *fault);

// beadle.lti.xml: read(text) -> element, or nil, reason, message. It never waits. [-0, +1]
int bd_lti_xml_module(lua_State *L);

#endif
