//! The story. What people do is written here; what comes of it is not: every line about the room is an event of the
//! protocol or a figure taken from its state.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::stage::{Person, Stage};
use crate::base::id::ChainId;
use crate::cli::report::Failure;
use crate::crypto::root::Root;
use crate::crypto::words;
use crate::room::io::Deed;

/// The four.
struct Cast {
    ana: Person,
    bob: Person,
    carla: Person,
    dan: Person,
}

/// Plays it from the first hello to the last key.
pub(super) fn play<W: Write>(stage: &mut Stage<W>) -> Result<(), Failure> {
    choose_room(stage)?;
    let cast = meet(stage)?;
    talk(stage, &cast)?;
    split(stage, &cast)?;
    heal(stage)?;
    remove(stage, &cast)?;
    forget(stage, &cast)?;
    Ok(())
}

fn choose_room<W: Write>(stage: &mut Stage<W>) -> Result<(), Failure> {
    stage.tell("a simulated room: four people, no network, fast time, the real protocol")?;
    let passphrase = words::generate_passphrase(&mut stage.world.fork_rng());
    let root = Root::passphrase(stage.world.root().name(), &passphrase)?;
    stage.tell("each types the room's name, lobby, and a passphrase (shown: it is a demo)")?;
    stage.tell(format!("  {}", passphrase.as_str()))?;
    stage.tell(format!("all see the mark {}; a slip of the finger shows another", root.mark()))?;
    stage.world.set_root(root);
    Ok(())
}

fn meet<W: Write>(stage: &mut Stage<W>) -> io::Result<Cast> {
    stage.scene("THEY MEET: the passphrase lets them ask, those inside hand them keys")?;
    let ana = stage.join("ana");
    stage.run(4_000)?;
    let bob = stage.join("bob");
    stage.run(3_000)?;
    let carla = stage.join("carla");
    stage.run(2_000)?;
    let dan = stage.join("dan");
    stage.run(5_000)?;
    Ok(Cast { ana, bob, carla, dan })
}

fn talk<W: Write>(stage: &mut Stage<W>, cast: &Cast) -> io::Result<()> {
    stage.scene("THEY TALK: in brackets, how long a message lives")?;
    stage.say(cast.ana, "the floor plan is in room 12", 20)?;
    stage.say(cast.bob, "thanks, on my way", 15)?;
    if let Some(sealed) = stage.say_once(cast.carla, "the door code is 4471", 10, 30)? {
        stage.open(cast.bob, sealed);
        stage.run(1_000)?;
    }
    // Turns the rest of the line around on a terminal that obeys: "planexe.pdf" would be read.
    stage.say(cast.dan, "here it is: plan\u{202e}fdp.exe", 15)?;
    if let Some(id) = stage.world.id(cast.carla) {
        stage.world.act(cast.ana, Deed::Grant(id));
    }
    stage.run(30_000)?;
    stage.tell("burned: wiped from memory in that second. Lines printed on a terminal, like")?;
    stage.tell("these, cannot be taken back; the full screen blanks what it has shown")
}

fn split<W: Write>(stage: &mut Stage<W>, cast: &Cast) -> io::Result<()> {
    stage.scene("THE NETWORK SPLITS: ana and bob here, carla and dan there; both go on")?;
    stage.world.split(&[&[cast.ana, cast.bob], &[cast.carla, cast.dan]]);
    stage.run(2_000)?;
    for admin in [cast.ana, cast.carla] {
        stage.world.act(admin, Deed::Rotate);
        stage.run(3_000)?;
    }
    let here = stage.say(cast.ana, "we lost the others, go on without them", 90)?;
    let there = stage.say(cast.carla, "the gate on our side is open", 90)?;
    for id in here.into_iter().chain(there) {
        stage.tell(format!("#{} has reached {}, nobody else", stage.number(id), stage.who_saw(id)))?;
    }
    stage.run(15_000)
}

fn heal<W: Write>(stage: &mut Stage<W>) -> io::Result<()> {
    stage.scene("THE NETWORK HEALS: what still lives is fetched, with the time it has left")?;
    stage.world.heal();
    stage.run(20_000)
}

fn remove<W: Write>(stage: &mut Stage<W>, cast: &Cast) -> io::Result<()> {
    stage.scene("DAN IS REMOVED: he is told why; the rest move to keys he never gets")?;
    let had = held_chains(stage, cast.dan);
    if let Some(id) = stage.world.id(cast.dan) {
        stage.world.act(cast.ana, Deed::Kick(id, "a file name in disguise".into()));
    }
    stage.run(6_000)?;
    let now = stage.world.state(cast.bob).map(|s| s.chains()).unwrap_or_default();
    if let Some(id) = stage.say(cast.bob, "new door code tonight", 30)? {
        let opens = if now.iter().all(|chain| had.contains(chain)) { "could open" } else { "cannot open" };
        let number = stage.number(id);
        stage.tell_to(
            cast.dan,
            format!("{opens} #{number}, even with the passphrase and every key he held when he was in"),
        )?;
        stage.tell("what he read before he may have copied: no program can take that back")?;
    }
    stage.run(60_000)
}

fn forget<W: Write>(stage: &mut Stage<W>, cast: &Cast) -> io::Result<()> {
    stage.scene("FIVE MINUTES LATER: what is left in memory")?;
    stage.run(300_000)?;
    for who in [cast.ana, cast.bob, cast.carla, cast.dan] {
        let (living, epochs, from) = stage.held(who);
        let keys = match from {
            Some((minutes, seconds)) => {
                format!("keys of {epochs} minutes, good for nothing sent before {minutes:02}:{seconds:02}")
            }
            None => "no key of the room".into(),
        };
        stage.tell_to(who, format!("{living} living messages, {keys}"))?;
    }
    if !stage.is_forgotten() {
        // Such a key was never used; a frame that was sealed to it and got lost would still open.
        return stage.tell("an unused key for handovers is older than the last change: gone in an hour");
    }
    let (messages, frames, kib) = stage.totals();
    stage
        .tell(format!("whoever recorded all {frames} sealed frames ({kib} KiB), knows the passphrase and"))?;
    stage.tell(format!("takes these computers now opens none of the {messages} messages: the keys are gone"))
}

fn held_chains<W: Write>(stage: &Stage<W>, who: Person) -> BTreeSet<ChainId> {
    stage.world.state(who).map(|s| s.chains_held().into_iter().collect()).unwrap_or_default()
}
