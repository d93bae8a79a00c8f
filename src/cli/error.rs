//! A command's error is the use case's: [`Context::tell`](crate::cli::Context::tell) renders it, and
//! [`Exit::of_error`](crate::cli::Exit::of_error) picks its code.

pub use crate::app::AppError as CliError;
