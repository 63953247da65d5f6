//! Bringing together what the file, the environment and the command line say. The later wins.

use std::path::Path;

use anyhow::{Context as _, bail};

use super::raw::{RawConfig, Setting, default_of, settings};

/// The settings of `file` (if there is one), then those of `variables`, then those of `flags`.
pub(crate) fn read(
    file: Option<&Path>,
    variables: impl Iterator<Item = (String, String)>,
    flags: toml::Table,
) -> anyhow::Result<RawConfig> {
    let mut table = match file {
        Some(path) => read_file(path)?,
        None => toml::Table::new(),
    };
    for (variable, value) in variables {
        if let Some(setting) = settings().find(|setting| setting.variable() == variable) {
            let value = parse(setting, &value).with_context(|| format!("{variable} cannot be understood"))?;
            put(&mut table, setting, value).with_context(|| format!("{variable} cannot be set"))?;
        }
    }
    for (key, value) in flags {
        match (table.get_mut(&key), value) {
            (Some(toml::Value::Table(section)), toml::Value::Table(flags)) => section.extend(flags),
            (_, value) => drop(table.insert(key, value)),
        }
    }
    table.try_into().context("the settings cannot be understood")
}

fn read_file(path: &Path) -> anyhow::Result<toml::Table> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let table = toml::from_str(&text).with_context(|| format!("cannot understand {}", path.display()))?;
    // Read once by itself, so that a mistake in the file is reported with the file's lines.
    toml::from_str::<RawConfig>(&text).with_context(|| format!("cannot understand {}", path.display()))?;
    Ok(table)
}

/// A variable's text as the file would hold it: of the kind that the setting's default has.
fn parse(setting: &Setting, text: &str) -> anyhow::Result<toml::Value> {
    Ok(match default_of(setting) {
        Some(toml::Value::Integer(_)) => toml::Value::Integer(text.parse().context("a number is needed")?),
        Some(toml::Value::Boolean(_)) => {
            toml::Value::Boolean(text.parse().context("true or false is needed")?)
        }
        Some(toml::Value::Array(_)) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            toml::Value::Array(items.map(toml::Value::from).collect())
        }
        _ => toml::Value::String(text.to_owned()),
    })
}

fn put(table: &mut toml::Table, setting: &Setting, value: toml::Value) -> anyhow::Result<()> {
    if setting.section.is_empty() {
        table.insert(setting.field.to_owned(), value);
        return Ok(());
    }
    let section = table
        .entry(setting.section)
        .or_insert_with(|| toml::Value::Table(toml::Table::new()));
    match section {
        toml::Value::Table(section) => section.insert(setting.field.to_owned(), value),
        _ => bail!("{} is not a section", setting.section),
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(file: &str, variables: &[(&str, &str)], flags: &str) -> anyhow::Result<RawConfig> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("postern.toml");
        std::fs::write(&path, file)?;
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        read(Some(&path), variables, toml::from_str(flags)?)
    }

    #[test]
    fn flags_win_over_the_environment_and_the_environment_over_the_file() {
        let config = from(
            "http = '127.0.0.1:1'\nworkers = 1\n[limits]\nlogin_burst = 1\nhead_s = 1",
            &[
                ("POSTERN_HTTP", "127.0.0.1:2"),
                ("POSTERN_WORKERS", "2"),
                ("POSTERN_LIMITS_HEAD_S", "2"),
                ("POSTERN_TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1/32"),
                ("POSTERN_SOMETHING_ELSE", "kubernetes writes such things"),
            ],
            "http = '127.0.0.1:3'",
        )
        .expect("all is well-formed");
        assert_eq!(config.http.port(), 3);
        assert_eq!(config.workers, 2);
        assert_eq!((config.limits.login_burst, config.limits.head_s), (1, 2));
        assert_eq!(config.trusted_proxies.len(), 2);
    }

    #[test]
    fn a_flag_leaves_the_rest_of_its_section() {
        let file = "[mail]\nlisten = '127.0.0.1:1'\ndomain = 'example.org'";
        let variables = [("POSTERN_MAIL_SPOOL_BYTES", "1000000")];
        let flags = "[mail]\nlisten = '127.0.0.1:3'";
        let mail = from(file, &variables, flags).expect("all is well-formed").mail;
        assert_eq!(
            (mail.listen.port(), &*mail.domain, mail.spool_bytes),
            (3, "example.org", 1_000_000)
        );
        let mail = from("", &[], flags).expect("all is well-formed").mail;
        assert_eq!((mail.listen.port(), &*mail.domain), (3, "localhost"));
    }

    #[test]
    fn a_key_that_nobody_knows_is_refused_by_name() {
        for file in [
            "httpp = '127.0.0.1:1'",
            "[records]\nenginee = 'sqlite'",
            "[nothing]",
        ] {
            let error = from(file, &[], "").expect_err("unknown");
            assert!(format!("{error:#}").contains("unknown field"), "{error:#}");
        }
    }

    #[test]
    fn a_variable_of_the_wrong_kind_is_refused_by_name() {
        let error = from("", &[("POSTERN_WORKERS", "many")], "").expect_err("no number");
        assert!(format!("{error:#}").contains("POSTERN_WORKERS"), "{error:#}");
    }
}
