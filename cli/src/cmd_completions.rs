//! `postern completions`

use clap::{Args as ClapArgs, CommandFactory as _};
use clap_complete::{Shell, generate};

use crate::args::Args;
use crate::failure::{Result, unwritten};

/// Print completions for a shell
#[derive(ClapArgs)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<()> {
        let mut script = Vec::new();
        generate(self.shell, &mut Args::command(), "postern", &mut script);
        std::io::Write::write_all(&mut std::io::stdout(), &script).map_err(|error| unwritten(&error))
    }
}
