//! The promise under `kill -9`: the binary itself, against an imitation server in a process of its own. The
//! server is the judge: what it accepted, for whom, and when.
#![cfg(test)]

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod adopting;
mod campaign;
pub mod desk;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod disk;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod forget;
mod judge;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod order;
pub mod pool;
#[cfg(unix)]
mod races;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod readers;
pub mod server;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod shim;
#[cfg(unix)]
mod signals;

/// A soak's setting: a whole number from the environment.
pub fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}
