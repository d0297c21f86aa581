// SPDX-License-Identifier: MIT
// What is read is within its limits and well made; what is refused has a reason, and leaves nothing behind. The first
// byte of the input chooses the limits.
#include <lauxlib.h>
#include <stdint.h>
#include <string.h>

#include "bindings/lti/xml.h"
#include "core/check.h"
#include "core/error.h"
#include "fuzz.h"

#define NAMESPACE "http://www.imsglobal.org/services/ltiv1p1/xsd/imsoms_v1p0"

const struct fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED(
        "\0<?xml version=\"1.0\" encoding=\"UTF-8\"?><imsx_POXEnvelopeRequest xmlns=\"" NAMESPACE
        "\">"
        "<imsx_POXHeader><imsx_POXRequestHeaderInfo><imsx_messageIdentifier>m-1</"
        "imsx_messageIdentifier>"
        "</imsx_POXRequestHeaderInfo></"
        "imsx_POXHeader><imsx_POXBody><replaceResultRequest><resultRecord>"
        "<sourcedGUID><sourcedId>a&amp;b</sourcedId></"
        "sourcedGUID><result><resultScore><language>en</"
        "language>"
        "<textString>0.5</textString></resultScore></result></resultRecord></replaceResultRequest>"
        "</imsx_POXBody></imsx_POXEnvelopeRequest>"),
    FUZZ_SEED("\1<a:b xmlns:a=\"urn:a\" a:c=\"1\" d='&#65;&quot;'>x<![CDATA[<y>]]><!-- z --><?p "
              "q?><a:e/>&lt;</a:b>"),
    FUZZ_SEED("\0<!DOCTYPE a [<!ENTITY x \"y\"><!ENTITY % p SYSTEM \"file:///x\"> %p;]><a>&x;</a>"),
    FUZZ_SEED("\1<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>"),
    FUZZ_SEED("\0\xef\xbb\xbf<a><b><c><d><e><f>\xc3\xa9\r\n</f></e></d></c></b></a>"),
    {0},
};
const struct fuzz_seed fuzz_bytes = FUZZ_SEED("<>/=\"'&;#![]-?: \t\nabx0159CDATA\xc3\xa9\xff\0");

static const struct bd_xml_limits SMALL = {
    .bytes = 400, .depth = 4, .elements = 6, .attributes = 3, .name = 12, .text = 16};

static size_t length_of(lua_State *L, const char *field)
{
    size_t len = 0;
    lua_getfield(L, -1, field);
    (void)lua_tolstring(L, -1, &len);
    lua_pop(L, 1);
    return len;
}

// Checks the element on top and all within it; gives how many they are.
static size_t check_element(lua_State *L, const struct bd_xml_limits *limits, size_t depth)
{
    size_t count = 1;
    luaL_checkstack(L, 8, NULL);
    BD_CHECK(depth <= limits->depth && lua_istable(L, -1));
    BD_CHECK(length_of(L, "name") > 0);
    BD_CHECK(length_of(L, "name") + length_of(L, "namespace") <= limits->name);
    BD_CHECK(length_of(L, "text") <= limits->text);
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
        count += check_element(L, limits, depth + 1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lua_State *L;
    struct bd_xml_fault fault;
    if (size == 0) {
        return 0;
    }
    if (L == NULL) {
        L = luaL_newstate();
        BD_CHECK(L != NULL);
        bd_error_open(L);
    }
    const struct bd_xml_limits *limits = (data[0] & 1) != 0 ? &SMALL : &bd_xml_limits_usual;
    if (bd_xml_read(L, (const char *)data + 1, size - 1, limits, &fault)) {
        BD_CHECK(lua_gettop(L) == 1 && fault.reason == NULL && size - 1 <= limits->bytes);
        BD_CHECK(check_element(L, limits, 1) <= limits->elements);
    } else {
        BD_CHECK(lua_gettop(L) == 0 && fault.reason != NULL && fault.message != NULL);
    }
    lua_settop(L, 0);
    return 0;
}
