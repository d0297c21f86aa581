-- SPDX-License-Identifier: MIT
-- The people of the sandbox's small university. Every twin knows the same ones, so that a script can follow a
-- person from one vendor to another. All are made up.

local M = {}

-- `number` is the student's number at the university, the same at every vendor.
M.students = {
  { number = "e-1001", first_name = "Grace", last_name = "Hopper", email = "grace.hopper@example.org", gender = "F" },
  { number = "e-1002", first_name = "Alan", last_name = "Turing", email = "alan.turing@example.org", gender = "M" },
  { number = "e-1003", first_name = "Zoé", last_name = "D'Exemple",
    email = "zoe.dexemple@example.org", gender = "X" },
  { number = "e-1004", first_name = "Émile", last_name = "Châtelain",
    email = "emile.chatelain@example.org", gender = "M" },
  { number = "e-1005", first_name = "Inès", last_name = "Benali", email = "ines.benali@example.org", gender = "F" },
  { number = "e-1006", first_name = "Jun", last_name = "Nakamura", email = "jun.nakamura@example.org", gender = "M" },
  { number = "e-1007", first_name = "Amélie", last_name = "Noël", email = "amelie.noel@example.org", gender = "F" },
  { number = "e-1008", first_name = "Oskar", last_name = "Łaski", email = "oskar.laski@example.org", gender = "M" },
}

M.teachers = {
  { number = "t-2001", first_name = "Emmy", last_name = "Noether", email = "emmy.noether@example.org", gender = "F" },
  { number = "t-2002", first_name = "Bruno", last_name = "Martin", email = "bruno.martin@example.org", gender = "M" },
  { number = "t-2003", first_name = "Greta", last_name = "Grader", email = "greta.grader@example.org", gender = "F" },
}

return M
