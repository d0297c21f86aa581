// SPDX-License-Identifier: MIT
// expat runs to its end before Lua sees anything: its callbacks only write down what came (an error of Lua would
// jump over expat's frames). Then the notes become tables.
#include "xml.h"

#include <expat.h>
#include <lauxlib.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "core/buf.h"
#include "core/check.h"

static const char READER[] = "beadle.lti.xml.reader";
// Stands between namespace and name. expat refuses namespaces that hold it.
static const char SEPARATOR = '\n';

const struct bd_xml_limits bd_xml_limits_usual = {
    .bytes = 65536, .depth = 32, .elements = 1000, .attributes = 256, .name = 512, .text = 16384};

// A note is its kind, its length, and so many bytes.
enum kind { BEGIN, ATTRIBUTE, VALUE, TEXT, END };
struct note {
    enum kind kind;
    size_t len;
};

// A userdata, so that nothing leaks when Lua runs out of memory.
struct reader {
    XML_Parser parser; // NULL once it is freed
    const struct bd_xml_limits *limits;
    struct bd_xml_fault *fault;
    struct bd_buf notes;
    size_t text_note; // offset of the last note when that is a TEXT, which grows; else SIZE_MAX
    size_t depth;
    size_t elements;
    size_t attributes;
    size_t text_len[64]; // of the elements that are open, by depth
};

static void forget(struct reader *reader)
{
    if (reader->parser != NULL) {
        XML_ParserFree(reader->parser);
        reader->parser = NULL;
    }
    bd_buf_free(&reader->notes);
}

static int l_gc(lua_State *L)
{
    forget(luaL_checkudata(L, 1, READER));
    return 0;
}

// ------------------------------------------------------------------------------------------------
// What expat reports

static bool refused(const struct reader *reader)
{
    return reader->fault->reason != NULL;
}

// The first fault stays: expat may still report what belongs to the same piece of markup.
static void refuse(struct reader *reader, const char *reason, const char *message)
{
    if (refused(reader)) {
        return;
    }
    reader->fault->reason = reason;
    reader->fault->message = message;
    reader->fault->line = (size_t)XML_GetCurrentLineNumber(reader->parser);
    (void)XML_StopParser(reader->parser, XML_FALSE); // fails only where it has stopped already
}

static void add_note(struct reader *reader, enum kind kind, const char *bytes, size_t len)
{
    struct note note = {.kind = kind, .len = len};
    reader->text_note = kind == TEXT ? reader->notes.len : SIZE_MAX;
    bd_buf_add(&reader->notes, &note, sizeof note);
    bd_buf_add(&reader->notes, bytes, len);
}

static bool add_name(struct reader *reader, enum kind kind, const char *name)
{
    size_t len = strlen(name);
    if (len > reader->limits->name) {
        refuse(reader, "name_too_long", "a name with its namespace is too long");
        return false;
    }
    add_note(reader, kind, name, len);
    return true;
}

static void add_attribute(struct reader *reader, const char *name, const char *value)
{
    size_t len = strlen(value);
    if (++reader->attributes > reader->limits->attributes) {
        refuse(reader, "too_many_attributes", "it has too many attributes");
    } else if (len > reader->limits->text) {
        refuse(reader, "text_too_long", "the value of an attribute is too long");
    } else if (add_name(reader, ATTRIBUTE, name)) {
        add_note(reader, VALUE, value, len);
    }
}

static void XMLCALL on_begin(void *user, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *reader = user;
    if (refused(reader)) {
        return;
    }
    if (reader->depth == reader->limits->depth || reader->depth == BD_COUNT(reader->text_len)) {
        refuse(reader, "too_deep", "its elements are too deep within each other");
        return;
    }
    if (++reader->elements > reader->limits->elements) {
        refuse(reader, "too_many_elements", "it has too many elements");
        return;
    }
    reader->text_len[reader->depth++] = 0;
    if (!add_name(reader, BEGIN, name)) {
        return;
    }
    for (size_t i = 0; attributes[i] != NULL && !refused(reader); i += 2) {
        add_attribute(reader, attributes[i], attributes[i + 1]);
    }
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
    struct reader *reader = user;
    (void)name; // expat has compared it
    if (!refused(reader)) {
        reader->depth--;
        add_note(reader, END, "", 0);
    }
}

static void XMLCALL on_text(void *user, const XML_Char *text, int count)
{
    struct reader *reader = user;
    size_t len = (size_t)count;
    if (refused(reader) || reader->depth == 0) {
        return;
    }
    size_t *total = &reader->text_len[reader->depth - 1];
    *total += len;
    if (*total > reader->limits->text) {
        refuse(reader, "text_too_long", "the text of an element is too long");
    } else if (reader->text_note == SIZE_MAX) {
        add_note(reader, TEXT, text, len);
    } else { // expat gives a text in pieces
        struct note note;
        memcpy(&note, reader->notes.data + reader->text_note, sizeof note);
        note.len += len;
        memcpy(reader->notes.data + reader->text_note, &note, sizeof note);
        bd_buf_add(&reader->notes, text, len);
    }
}

static void XMLCALL on_declaration(void *user, const XML_Char *version, const XML_Char *encoding,
                                   int standalone)
{
    (void)version;
    (void)standalone;
    if (encoding != NULL && strcasecmp(encoding, "UTF-8") != 0) {
        refuse(user, "encoding", "it declares another encoding than UTF-8");
    }
}

static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *system,
                               const XML_Char *public, int has_subset)
{
    (void)name;
    (void)system;
    (void)public;
    (void)has_subset;
    refuse(user, "doctype", "it has a document type, which is not accepted");
}

// Never reached without a document type; if it were, nothing is fetched and reading stops.
static int XMLCALL on_external(XML_Parser parser, const XML_Char *context, const XML_Char *base,
                               const XML_Char *system, const XML_Char *public)
{
    (void)context;
    (void)base;
    (void)system;
    (void)public;
    refuse(XML_GetUserData(parser), "doctype", "it names an external entity");
    return XML_STATUS_ERROR;
}

// ------------------------------------------------------------------------------------------------
// Reading

static void set_up(struct reader *reader)
{
    // The encoding is named here, so that no byte of the document chooses another one.
    reader->parser = XML_ParserCreateNS("UTF-8", SEPARATOR);
    BD_CHECK(reader->parser != NULL);
    XML_SetUserData(reader->parser, reader);
    XML_SetElementHandler(reader->parser, on_begin, on_end);
    XML_SetCharacterDataHandler(reader->parser, on_text);
    XML_SetXmlDeclHandler(reader->parser, on_declaration);
    XML_SetStartDoctypeDeclHandler(reader->parser, on_doctype);
    XML_SetExternalEntityRefHandler(reader->parser, on_external);
    (void)XML_SetParamEntityParsing(reader->parser, XML_PARAM_ENTITY_PARSING_NEVER);
}

static bool is_utf16(const char *text, size_t len)
{
    return len >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0 ||
                        text[0] == '\0' || text[1] == '\0');
}

static void parse(struct reader *reader, const char *text, size_t len)
{
    if (len > reader->limits->bytes || len > INT_MAX) {
        *reader->fault = (struct bd_xml_fault){"too_large", "it is too large", 0};
        return;
    }
    if (len == 0) {
        *reader->fault = (struct bd_xml_fault){"empty", "there is nothing", 0};
        return;
    }
    if (is_utf16(text, len)) {
        *reader->fault = (struct bd_xml_fault){"encoding", "it is not in UTF-8", 1};
        return;
    }
    set_up(reader);
    enum XML_Status status = XML_Parse(reader->parser, text, (int)len, XML_TRUE);
    if (status == XML_STATUS_OK || refused(reader)) {
        return;
    }
    enum XML_Error error = XML_GetErrorCode(reader->parser);
    BD_CHECK(error != XML_ERROR_NO_MEMORY);
    const char *words = XML_ErrorString(error);
    refuse(reader, "not_well_formed", words != NULL ? words : "it is not well-formed");
}

// ------------------------------------------------------------------------------------------------
// Notes become tables

// Sets `name`, and `namespace` where there is one, of the table on top.
static void set_names(lua_State *L, const char *name, size_t len)
{
    const char *end = memchr(name, SEPARATOR, len);
    if (end != NULL) {
        lua_pushlstring(L, name, (size_t)(end - name));
        lua_setfield(L, -2, "namespace");
        len -= (size_t)(end + 1 - name);
        name = end + 1;
    }
    lua_pushlstring(L, name, len);
    lua_setfield(L, -2, "name");
}

static void begin_element(lua_State *L, const char *name, size_t len)
{
    luaL_checkstack(L, 6, "the document is too deep");
    lua_createtable(L, 0, 3);
    set_names(L, name, len);
    lua_pushliteral(L, "");
    lua_setfield(L, -2, "text");
}

static void add_text(lua_State *L, const char *text, size_t len)
{
    lua_getfield(L, -1, "text");
    lua_pushlstring(L, text, len);
    lua_concat(L, 2);
    lua_setfield(L, -2, "text");
}

// Leaves the table of attributes and the attribute's name above the element. [-0, +2]
static void begin_attribute(lua_State *L, const char *name, size_t len)
{
    if (lua_getfield(L, -1, "attributes") == LUA_TNIL) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, "attributes");
    }
    const char *end = memchr(name, SEPARATOR, len);
    if (end == NULL) {
        lua_pushlstring(L, name, len);
        return;
    }
    lua_pushliteral(L, "{");
    lua_pushlstring(L, name, (size_t)(end - name));
    lua_pushliteral(L, "}");
    lua_pushlstring(L, end + 1, len - (size_t)(end + 1 - name));
    lua_concat(L, 4);
}

static void take_note(lua_State *L, int outside, const struct note *note, const char *bytes)
{
    switch (note->kind) {
    case BEGIN:
        begin_element(L, bytes, note->len);
        break;
    case ATTRIBUTE:
        begin_attribute(L, bytes, note->len);
        break;
    case VALUE:
        lua_pushlstring(L, bytes, note->len);
        lua_rawset(L, -3);
        lua_pop(L, 1);
        break;
    case TEXT:
        add_text(L, bytes, note->len);
        break;
    case END:
        if (lua_gettop(L) > outside + 1) { // the root stays
            lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
        }
        break;
    }
}

static void push_root(lua_State *L, const struct bd_buf *notes)
{
    int outside = lua_gettop(L);
    for (size_t at = 0; at < notes->len;) {
        struct note note;
        memcpy(&note, notes->data + at, sizeof note);
        at += sizeof note;
        take_note(L, outside, &note, notes->data + at);
        at += note.len;
    }
    BD_CHECK(lua_gettop(L) == outside + 1);
}

static void push_reader(lua_State *L, struct reader **reader)
{
    *reader = lua_newuserdatauv(L, sizeof **reader, 0);
    memset(*reader, 0, sizeof **reader);
    if (luaL_newmetatable(L, READER)) {
        lua_pushcfunction(L, l_gc);
        lua_setfield(L, -2, "__gc");
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "__metatable");
    }
    lua_setmetatable(L, -2);
}

bool bd_xml_read(lua_State *L, const char *text, size_t len, const struct bd_xml_limits *limits,
                 struct bd_xml_fault *fault)
{
    struct reader *reader;
    push_reader(L, &reader);
    reader->limits = limits;
    reader->fault = fault;
    reader->text_note = SIZE_MAX;
    *fault = (struct bd_xml_fault){0};
    parse(reader, text, len);
    bool ok = !refused(reader);
    if (ok) {
        push_root(L, &reader->notes);
    }
    forget(reader);
    lua_remove(L, ok ? -2 : -1);
    return ok;
}

// read(text): the root element; nil, a reason (one word) and a message with the line.
static int l_read(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct bd_xml_fault fault;
    if (bd_xml_read(L, text, len, &bd_xml_limits_usual, &fault)) {
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, fault.reason);
    if (fault.line == 0) {
        lua_pushstring(L, fault.message);
    } else {
        lua_pushfstring(L, "%s (line %I)", fault.message, (lua_Integer)fault.line);
    }
    return 3;
}

int bd_lti_xml_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {{"read", l_read}, {NULL, NULL}};
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
