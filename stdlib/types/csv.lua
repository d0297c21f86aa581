---@meta beadle.csv
-- SPDX-License-Identifier: MIT

---@class beadle.csv.reader
---@field columns string[] the names in the first row
local reader = {}

--- Each row as a table of texts by column, and its line.
---@param on_problem? fun(problem: beadle.error) is told of a broken row, which is then passed over
---@return fun(): table<string, string>, integer
function reader:rows(on_problem) end

--- What was detected: "3 columns, semicolon, Windows-1252, CRLF".
---@return string
function reader:describe() end

--- A number that another file, or the file after a change, does not have.
---@return string
function reader:fingerprint() end

--- Goes behind so many lines of the file. Between two rows, and where a row begins behind them.
---@param count integer
function reader:pass_over(count) end

--- Back to the first row.
function reader:rewind() end

function reader:close() end

---@class beadle.csv.writer
---@field formulas integer how many cells a spreadsheet would calculate
local writer = {}

---@param values table<string, any> by column
function writer:add(values) end

--- All of it.
---@return string
function writer:text() end

--- What was not taken yet, which is then forgotten: for files that are written piece by piece.
---@return string
function writer:take() end

--- Reads and writes CSV files as they really are.
-- Not for scripts: text_of.
---@class beadle.csv
local csv = {}

---@class beadle.csv.read_options
---@field delimiter? ","|";"|"\t" instead of what is detected
---@field encoding? "UTF-8"|"Windows-1252" instead of what is detected

---@class beadle.csv.write_options
---@field delimiter? ","|";"|"\t"
---@field line_ending? "\r\n"|"\n"
---@field bom? boolean begin with a byte order mark, for Excel

---@param path string "-" is standard input
---@param options? beadle.csv.read_options
---@return beadle.csv.reader
function csv.open(path, options) end

---@param text string
---@param options? beadle.csv.read_options
---@param name? string how errors call it
---@return beadle.csv.reader
function csv.decode(text, options, name) end

---@param columns string[]
---@param options? beadle.csv.write_options
---@return beadle.csv.writer
function csv.writer(columns, options) end

--- Without spaces at the ends, those of spreadsheets too.
---@param text string
---@return string
function csv.trim(text) end

return csv
