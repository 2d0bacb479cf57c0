//! The command line.

use std::{ffi::OsString, future::Future, process::ExitCode};

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use super::{Context, exit, healthcheck, lifecycle};
use crate::{
    ServiceName,
    settings::{self, Settings, SettingsError, watch::Watcher},
    telemetry::Output,
};

#[derive(Parser)]
#[command(version, disable_help_subcommand = true)]
struct Cli<C: Subcommand> {
    #[command(subcommand)]
    command: Option<Command<C>>,
}

#[derive(Subcommand)]
enum Command<C: Subcommand> {
    /// Serve until asked to end (default)
    Serve,
    /// Ask the running service whether it is alive; exit code 0 or 1
    Healthcheck {
        /// Ask whether it is ready for work instead
        #[arg(long)]
        ready: bool,
    },
    /// Print the settings that serving would use, secrets masked
    PrintConfig,
    #[command(flatten)]
    Own(C),
}

pub(super) fn dispatch<C, F, Fut, G, GFut>(
    service: ServiceName,
    args: impl Iterator<Item = OsString>,
    env: impl Iterator<Item = (String, String)>,
    run: F,
    own: G,
) -> ExitCode
where
    C: Subcommand,
    F: FnOnce(Context) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
    G: FnOnce(C, Settings) -> GFut,
    GFut: Future<Output = anyhow::Result<ExitCode>>,
{
    let command = match parse::<C>(service, args) {
        Ok(command) => command,
        Err(error) => {
            // Standard output may be closed: `ingest-api --help | head -1`.
            drop(error.print());
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(exit::USAGE));
        }
    };
    let done: Result<ExitCode, SettingsError> = match command {
        Command::Serve => {
            Watcher::open(service, env).map(|watcher| lifecycle::serve(service, watcher, run))
        }
        Command::Healthcheck { ready } => settings::read(service, env)
            .map(|settings| healthcheck::ask(settings.admin.addr, ready)),
        Command::PrintConfig => {
            settings::load(service, env).map(|settings| match settings.masked() {
                Ok(text) => print(&text),
                Err(error) => exit::early(exit::USAGE, &error),
            })
        }
        Command::Own(command) => settings::read(service, env).map(|settings| {
            let work = |settings, _| own(command, settings);
            lifecycle::once(service, settings, Output::Stderr, work)
        }),
    };
    done.unwrap_or_else(|error| exit::early(exit::USAGE, &error))
}

fn parse<C: Subcommand>(
    service: ServiceName,
    args: impl Iterator<Item = OsString>,
) -> Result<Command<C>, clap::Error> {
    let matches = Cli::<C>::command()
        .name(service.as_str())
        .bin_name(service.as_str())
        .about(service.about())
        .after_help(settings::help_text())
        .try_get_matches_from(args)?;
    let cli = Cli::<C>::from_arg_matches(&matches)?;
    Ok(cli.command.unwrap_or(Command::Serve))
}

#[expect(clippy::print_stdout, reason = "the output of print-config")]
fn print(text: &str) -> ExitCode {
    print!("{text}");
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn parsed(args: &[&str]) -> Result<Command<Infallible>, clap::Error> {
        let args = std::iter::once("status-api").chain(args.iter().copied());
        parse(ServiceName::StatusApi, args.map(OsString::from))
    }

    #[test]
    fn serving_is_the_default() {
        assert!(matches!(parsed(&[]), Ok(Command::Serve)));
        assert!(matches!(parsed(&["serve"]), Ok(Command::Serve)));
        assert!(matches!(
            parsed(&["healthcheck", "--ready"]),
            Ok(Command::Healthcheck { ready: true })
        ));
    }

    #[test]
    fn help_names_the_usual_variables() {
        let help = parsed(&["--help"]).err().unwrap();
        assert_eq!(help.exit_code(), 0);
        for name in [
            "DATABASE_URL",
            "LISTEN_ADDR",
            "SCORING_MODEL",
            "print-config",
        ] {
            assert!(help.to_string().contains(name), "{name}");
        }
    }

    #[test]
    fn an_unknown_subcommand_is_an_error() {
        assert_eq!(parsed(&["migrate"]).err().unwrap().exit_code(), 2);
    }
}
