//! The trials of the simulator, each on as many seeds as a check may take. `just sim --full` plays the numbers that count.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that panics has done its work")]

use ephem_node::room::sim::scenario::{TRIALS, find};
use ephem_node::room::sim::{Links, World};

/// Plays a share of a trial's quick seeds; what broke is shown with its seed.
fn play(name: &str) {
    let trial = find(name).unwrap();
    let broken: Vec<(u64, String)> =
        (0..trial.quick).filter_map(|seed| (trial.run)(seed).failure.map(|why| (seed, why))).collect();
    if let Some((seed, why)) = broken.first() {
        panic!("{} of {} runs broke: {}\nseed {seed}: {why}", broken.len(), trial.quick, trial.promise);
    }
}

macro_rules! trials {
    ($($test:ident: $name:literal,)*) => {
        $(#[test]
        fn $test() {
            play($name);
        })*

        #[test]
        fn every_trial_is_played() {
            let played = [$($name),*];
            for trial in TRIALS.iter().filter(|t| t.quick > 0) {
                assert!(played.contains(&trial.name), "{} is not played", trial.name);
            }
        }
    };
}

trials! {
    partitions_heal_and_nothing_alive_is_lost: "heal",
    two_who_start_together_are_one_room: "start-two",
    thirty_who_start_together_are_one_room: "start-thirty",
    two_lonely_founders_become_one_room: "lone-founders",
    everybody_behind_one_link_is_confirmed_in_time: "star",
    whoever_is_kicked_reads_nothing_more: "kick-one",
    two_kicked_at_once_gain_nothing_by_pooling: "kick-two",
    admins_who_kick_each_other_are_both_out: "kick-each-other",
    admins_who_kick_each_other_across_a_partition_are_both_out: "kick-each-other-apart",
    kicks_on_both_sides_of_a_partition_hold: "kick-apart",
    a_founders_kick_of_the_others_people_is_refused: "kick-across",
    whoever_was_kicked_while_cut_off_is_told: "kick-absent",
    rooms_minutes_apart_in_time_meet: "minutes-apart",
    a_forged_founding_gains_nothing: "forged-founding",
    no_newcomer_is_confirmed_on_a_fork: "forked-welcome",
    an_isolated_newcomer_is_told_with_whom_it_is: "isolated",
    an_outsiders_junk_changes_nothing: "outsider",
    nobody_is_pushed_into_the_future: "pusher",
    ground_chains_do_not_pile_up: "grinder",
    keys_from_nobody_are_not_taken: "keys-from-nobody",
    false_handover_keys_open_nothing: "false-handover-keys",
    keys_of_long_ago_cost_a_few_steps: "endless-steps",
    undecided_generations_are_few: "undecided-generations",
    a_forged_founding_keeps_no_newcomer_out: "forged-home",
    newcomers_who_do_not_wait_are_not_heard: "newcomers",
    newcomers_who_waited_apart_are_heard: "newcomers-apart",
    a_removal_that_a_member_claims_is_not_believed: "false-removal",
    kicks_of_nobody_change_no_keys: "kicks-of-nobody",
    an_invite_lets_in_whom_it_says: "invite-room",
    a_claimed_invite_is_not_used_up: "claimed-invite",
    a_former_admin_confirms_nobody: "former-admin",
    many_identities_do_not_pass_the_limit: "sybil",
    a_flood_is_shown_at_twice_the_rate_and_drowns_nobody: "flood",
    a_banned_person_does_not_come_back: "returner",
    two_truths_are_noticed: "equivocator",
    backdated_grants_are_void: "backdater",
    a_leaked_passphrase_opens_nothing: "leaked-passphrase",
    a_seized_machine_opens_nothing_old: "seized-machine",
    forgeries_are_dropped: "forgeries",
    any_weather_passes: "weather",
    a_room_of_ten_works: "ten",
    everybody_who_kept_the_room_comes_back_to_it: "everybody-returns",
}

#[test]
fn one_seed_replays_a_run_byte_for_byte() {
    let run = |seed: u64| {
        let mut world = World::new(seed, Links::BAD);
        let all: Vec<usize> = (0..5).map(|_| world.join(0)).collect();
        world.run(20_000);
        world.split(&[&all[..2], &all[2..]]);
        for i in &all {
            world.say(*i, "over here");
        }
        world.run(60_000);
        world.heal();
        world.run(60_000);
        (world.trace(), world.traffic)
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7).0, run(8).0);
}
