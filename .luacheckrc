-- What luacheck expects of the Lua in this project.
std = "lua54"
max_line_length = 120
new_globals = { "beadle" }

files["bindings/**/*.lua"] = { read_globals = { "wall_clock" } } -- the sandbox's clock
files["**/beadle.conf.lua"] = { read_globals = { "env", "file", "credential" } }

-- Tests that `beadle test` runs.
files["tests/spec/*.lua"] = { std = "lua54+busted", globals = { "assert" }, read_globals = { "run", "sandbox" } }
