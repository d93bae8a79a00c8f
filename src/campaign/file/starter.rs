//! What `init` writes: a campaign and its audience that run in the sandbox as they are.
//!
//! The numbers are ones that telephone authorities keep for films and examples: they reach nobody.

/// The campaign's file name.
pub const CAMPAIGN_NAME: &str = "first-campaign.json";
/// What the campaign calls itself, unless it is given another name.
pub const NAME: &str = "first-campaign";
/// The campaign.
pub const CAMPAIGN: &str = include_str!("starter/first-campaign.json");
/// The audience's file name, as the campaign names it.
pub const AUDIENCE_NAME: &str = "customers.csv";
/// The audience.
pub const AUDIENCE: &str = include_str!("starter/customers.csv");
/// The column with its phone numbers.
pub const PHONE: &str = "Mobile";
/// The country of those of them that are national.
pub const COUNTRY: &str = "AU";
/// Stands where the id of the number that sends belongs. A trial takes it as it is.
pub const SENDER: &str = "PHONE_NUMBER_ID";
