"""The policy engine: what a region allows, read from YAML that a policy officer edits.

The way through the modules:

    nodes, reader                    YAML with places and no surprises
    vocabulary, values, sources      words, types, citations
    settings, conditions, outcomes   the language; service, inheritance: one service on top of its parents
    places, tree                     all of `regions/`
    effective                        what holds in a region on a day
    program, engine                  conditions for durable-rules, which is wrapped once
    facts, drafting, decide          one decision; counted, satisfaction: over history, of evidence
    case_files, cases, expectations  tests beside the policies
    recorded, recalling, replaying   decisions on record, answered again under other policies; impact: what a draft changes
    schemas, schema_values           JSON Schemas for editors
    formatting, key_order            one form for files; format_files: of a whole folder
    stated, showing                  what holds on a day, in words; inherited: what it took the place of
    starting                         the first files of a new region
    notices, reviews, unreachable    warnings; contradictions: what no facts can meet; one_sided: half-open services
    report                           faults and warnings for officers; faults, limits: what they may be
    universe, formulas, observed     a policy as a solver sees it: facts, conditions, what decisions show; civil_days: months
    solving, proofs                  a request of which something holds; whether two versions decide alike
    changes, diff, diff_text         what is written otherwise in two versions of the files, and whose decisions change
    proving                          what nobody can have meant; bands, band_edges, loosened: gaps and bindings; told: in a line
    overlay                          files laid over those in force, to try them
"""
