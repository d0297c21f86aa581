-- SPDX-License-Identifier: MIT
-- Refusals of the simulated Isograd: the vendor's numbers, in its words.

local M = {}

local WORDS = {
  [103] = "La propriété act_id n'est pas valide",
  [105] = "La propriété \"%s\" est requise",
  [106] = "Ce tst_frm_id n'est pas autorisé",
  [107] = "Ce candidat n'existe pas",
  [201] = "Le candidat n'a pas pu être créé (probablement parce que l'un des paramètres n'est pas valide)",
  [202] = "Il existe déjà un candidat avec cet email sur votre compte",
  [203] = "Impossible de trouver le dep_id mentionné dans le compte et impossible de créer le candidat",
  [301] = "Vous n'avez plus de crédits pour ce type de test",
  [303] = "Vous n'avez plus de crédit de surveillance",
  [304] = "Le test est déjà commencé ou n'existe pas",
  [402] = "Le candidat a déjà passé max_num_tst pour ce tst_frm_id",
  [501] = "Ce pla_tst_id n'existe pas",
  not_taken = "Le candidat n'a pas passé ce test", -- 501 too: the number has two meanings
  [502] = "Le test n'est pas terminé",
  [601] = "Le test doit être une évaluation",
}

local Refusal = {}

-- Whether a raised value is such a refusal: {code, message, extra}.
function M.is(value)
  return getmetatable(value) == Refusal
end

-- Leaves an action with the vendor's error.
function M.refuse(code, detail, extra)
  error(setmetatable({ code = code, message = WORDS[code]:format(detail or ""), extra = extra }, Refusal), 0)
end

function M.not_taken()
  error(setmetatable({ code = 501, message = WORDS.not_taken }, Refusal), 0)
end

-- Leaves an action with an error that the vendor's page does not number.
function M.unlisted(message)
  error(setmetatable({ message = "sandbox: " .. message }, Refusal), 0)
end

return M
