-- What luacheck expects of the Lua in this project.
std = "lua54"
max_line_length = 120
new_globals = { "beadle" }

files["bindings/**/*.lua"] = { read_globals = { "wall_clock" } } -- the sandbox's clock
files["**/beadle.conf.lua"] = { read_globals = { "env", "file", "credential" } }

-- Tests that `beadle test` runs.
files["scripts/tests/*.lua"] = { std = "lua54+busted", globals = { "assert" }, read_globals = { "run", "sandbox" } }
files["tests/spec/*.lua"] = { std = "lua54+busted", globals = { "assert" }, read_globals = { "run", "sandbox" } }
-- Annotations declare what they do not do.
for _, pattern in ipairs { "stdlib/types/*.lua", "bindings/*/types/*.lua" } do
  files[pattern] = { ignore = { "111", "112", "113", "121", "122", "131", "143", "241", "212", "631" } }
end
files["runtime/cli/project/luacheckrc"] = { std = "luacheckrc" }
