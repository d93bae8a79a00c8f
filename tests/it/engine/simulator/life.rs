//! The life of one campaign, drawn from its seed.

use std::time::Duration;

use sendcast::domain::policy::RetryPolicy;
use sendcast::domain::priority::Priority;
use sendcast::engine::orders::OrderKind;
use sendcast::engine::{Ending, Options};
use tokio::time::sleep;

use super::super::START;
use super::super::world::Faults;
use super::audience::Audience;
use super::border::Fortune;
use super::chance::{Chance, Kind};
use super::hours::{COUNTRIES, LifeHours};
use super::judge::Rules;
use super::machine::{Machine, Outcome};
use super::tally::Tally;

/// Lives one life to its settled end. Panics where the promise is broken.
pub fn live(seed: u64, people: u64) -> Tally {
    // The global one salts the list of people.
    fastrand::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(whole_life(seed, people))
}

async fn whole_life(seed: u64, people: u64) -> Tally {
    let mut chance = Chance::new(seed, people);
    let kind = chance.kind();
    let mut machine = machine(seed, people, &kind, &mut chance);
    for _ in 0..kind.storms {
        before(&mut machine, &kind, &mut chance).await;
        let longest = chance.lifespan();
        let acts = chance.acts(&kind, &machine.audience);
        let fortune = chance.fortune(&kind);
        match machine.run(fortune, longest, acts).await {
            Outcome::Died => after_a_death(&mut machine, &mut chance).await,
            Outcome::Failed | Outcome::Ended(_) => chance.rest().await,
        }
    }
    clear_skies(&mut machine).await;
    machine.the_end().await
}

fn machine(seed: u64, people: u64, kind: &Kind, chance: &mut Chance) -> Machine {
    let faults = chance.faults(kind);
    let (hours, begins) = chance.hours(START).unzip();
    let begins = begins.unwrap_or(START);
    let options = Options {
        rate: kind.rate.parse().unwrap(),
        priority: Priority::default(),
        timetable: hours.as_ref().map(LifeHours::timetable),
        daily: None,
        limit: None,
        canary: chance.canary(),
        guard: chance.guard(),
        retry: RetryPolicy::default(),
        concurrency: kind.concurrency,
        track: kind.track,
        resend_unseen: kind.resend_unseen,
        request_timeout: Duration::from_secs(30),
        api_is_known: true,
        // Nights and weekends go by there.
        pulse: if hours.is_some() { kind.pulse.max(Duration::from_secs(300)) } else { kind.pulse },
        timezone: jiff::tz::TimeZone::UTC,
        seed,
    };
    let honest = faults.hidden == 0.0 && !kind.jumps && faults.odd_times == 0.0;
    let rules = Rules {
        rate: options.rate.per_second(),
        concurrency: kind.concurrency as u64,
        strict: !kind.doubling_orders && (honest || !kind.resend_unseen),
        all_is_seen: honest && !kind.flows,
        resend_unseen: kind.resend_unseen,
    };
    let by_recipient = hours.as_ref().is_some_and(LifeHours::is_by_recipient);
    let countries = if by_recipient { &COUNTRIES[..] } else { &COUNTRIES[..1] };
    let mut audience = Audience::of(people, kind.senders, countries);
    (audience.flows, audience.variants) = (kind.flows, kind.variants);
    Machine::new(seed, begins, faults, audience, options, rules, hours)
}

/// What happens while nothing runs.
async fn before(machine: &mut Machine, kind: &Kind, chance: &mut Chance) {
    if kind.edits && chance.one_in(3) {
        machine.tally.edits += 1;
        machine.audience.edit(&mut chance.rng);
    }
    if kind.jumps && chance.one_in(3) {
        machine.tally.jumps += 1;
        machine.jump(chance.jump());
    }
    if machine.is_planned() && chance.one_in(3) {
        let order = chance.order(kind, &machine.audience);
        if chance.one_in(2) {
            machine.give(order);
        } else {
            let fortune = chance.fortune(kind);
            if matches!(machine.obey(fortune, order).await, Outcome::Died) {
                after_a_death(machine, chance).await;
            }
        }
    }
}

async fn after_a_death(machine: &mut Machine, chance: &mut Chance) {
    if chance.one_in(2) {
        machine.power_cut(&mut chance.rng);
        // Longer than an interval: what isn't synced of the pace may be gone.
        sleep(Duration::from_secs(20)).await;
    } else {
        chance.rest().await;
    }
}

/// The weather clears, the operator lets everything go on: all comes to its end.
async fn clear_skies(machine: &mut Machine) {
    {
        let faults = &mut machine.world.0.borrow_mut().faults;
        let conversations = Faults {
            hidden: faults.hidden,
            strangers: faults.strangers,
            lag: faults.lag,
            page: faults.page,
            repeats: faults.repeats,
            history: faults.history,
            chatter: faults.chatter,
            skew: faults.skew,
            ..Faults::default()
        };
        *faults = conversations;
    }
    if machine.is_planned() {
        machine.give(OrderKind::Resume);
    }
    machine.lose_states();
    // What hangs is worked off within ten minutes; the rarest looks lie six hours apart.
    for pause in [0, 600, 6 * 3600 + 600] {
        sleep(Duration::from_secs(pause)).await;
        let mut ended = machine.run(Fortune::default(), None, Vec::new()).await;
        // What failed in the storms may pause it, each time for what has failed since.
        for _ in 0..20 {
            if !matches!(ended, Outcome::Ended(Ending::Paused)) {
                break;
            }
            machine.give(OrderKind::Resume);
            ended = machine.run(Fortune::default(), None, Vec::new()).await;
        }
        let well = matches!(ended, Outcome::Ended(Ending::Settled | Ending::Cancelled));
        assert!(well, "under clear skies: {ended:?}");
    }
}
