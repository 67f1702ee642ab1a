//! Target `config`: any text as a configuration.
//!
//! No panic; a refusal says something, and nothing that a terminal would obey; what is accepted and shown again is the
//! same configuration.

use ::limpet::lab;

pub fn config(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match lab::config(text) {
        Err([plain, coloured]) => {
            assert!(!plain.trim().is_empty() && coloured.len() >= plain.len(), "a report that says nothing");
            let obeyed = plain.chars().find(|letter| letter.is_control() && !matches!(letter, '\n' | '\t'));
            assert_eq!(obeyed, None, "a control character in the report");
        }
        Ok(accepted) => {
            for shown in [&accepted.shown, &accepted.explained] {
                let again = lab::config(shown).unwrap_or_else(|[report, _]| panic!("shown, and refused:\n{report}"));
                assert_eq!((&again.values, &again.shown), (&accepted.values, &accepted.shown));
            }
        }
    }
}
