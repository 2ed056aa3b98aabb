//! A room that is kept, as canonical bytes: what admits, who was in it and by which rights, and what was kept. No key of a
//! chain has a place in it.

use zeroize::Zeroizing;

use super::Fault;
use crate::base::id::{Genesis, InviteId, MemberId, MsgId};
use crate::base::limits::{
    ENTRY_BYTES, FOUNDINGS, KEPT, KEPT_GONE, KNOWN_MEMBERS, LOG_ENTRIES, NICK_BYTES, PAYLOAD_BYTES,
    ROOM_BYTES, SALTS, SIGNATURE_BYTES,
};
use crate::base::secret::Secret;
use crate::base::time::Unix;
use crate::crypto::name::RoomName;
use crate::crypto::root::{Kind, Root};
use crate::room::{Keepsake, Known, Taken};
use crate::wire::cbor::{CborError, Reader, Writer};

/// Most bytes of a message or a burn with its signature.
const SIGNED: usize = PAYLOAD_BYTES + SIGNATURE_BYTES;

/// As bytes.
pub fn encode(room: &Keepsake) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let full = room.entries.len() > LOG_ENTRIES
        || room.members.len() > KNOWN_MEMBERS
        || room.kept.len() > KEPT
        || room.gone.len() > KEPT_GONE
        || room.salts.len() > SALTS
        || room.foundings.len() > FOUNDINGS;
    if full {
        return Err(Fault::Full);
    }
    let signed = room.kept.iter().map(|inner| inner.len()).sum::<usize>();
    let log = room.entries.iter().map(Vec::len).sum::<usize>();
    let words = room.gone.iter().map(|taken| taken.word.len() + 64).sum::<usize>();
    let mut out =
        Writer::with_capacity(1_024 + signed + log + words + room.members.len() * (NICK_BYTES + 128));
    out.array(13)
        .text(room.root.name().as_str())
        .uint(room.kind().code().into())
        .bytes(room.root.bytes().expose());
    out.optional(room.secret.as_ref(), |w, secret| {
        w.bytes(secret.expose());
    });
    out.optional(room.invited.as_ref(), |w, (owner_fp, seed)| {
        w.array(2).bytes(owner_fp).bytes(seed.expose());
    });
    out.bytes(&room.genesis.0).uint(room.generation);
    out.optional(room.expires, |w, at| {
        w.uint(at.0);
    });
    list(&mut out, &room.foundings, |w, founding| {
        w.bytes(founding);
    });
    list(&mut out, &room.salts, |w, salt| {
        w.bytes(salt);
    });
    list(&mut out, &room.entries, |w, entry| {
        w.bytes(entry);
    });
    list(&mut out, &room.members, member);
    out.array(2);
    list(&mut out, &room.kept, |w, inner| {
        w.bytes(inner);
    });
    list(&mut out, &room.gone, taken);
    Ok(out.finish())
}

fn list<T>(out: &mut Writer, all: &[T], write: impl Fn(&mut Writer, &T)) {
    out.array(all.len());
    all.iter().for_each(|one| write(out, one));
}

fn member(w: &mut Writer, known: &Known) {
    w.array(6).bytes(&known.id.0).text(&known.nick).uint(known.joined.0).bool(known.serve);
    list(w, &known.foundings, |w, founding| {
        w.bytes(founding);
    });
    w.optional(known.invite, |w, invite| {
        w.bytes(&invite.0);
    });
}

fn taken(w: &mut Writer, taken: &Taken) {
    w.array(3).bytes(&taken.id.0);
    w.optional(taken.of, |w, (author, n)| {
        w.array(2).bytes(&author.0).uint(n);
    });
    w.bytes(&taken.word);
}

/// From exactly what [`encode`] makes.
pub fn decode(bytes: &[u8]) -> Result<Keepsake, Fault> {
    read(bytes).map_err(|_| Fault::RoomDamaged)
}

fn read(bytes: &[u8]) -> Result<Keepsake, CborError> {
    let mut from = Reader::new(bytes);
    let r = &mut from;
    r.array_of(13)?;
    let typed = r.text()?;
    let name = RoomName::parse(typed).map_err(|_| CborError::BadValue)?;
    if name.as_str() != typed || typed.len() > ROOM_BYTES {
        return Err(CborError::BadValue);
    }
    let code = r.uint()?;
    let kinds = [Kind::Open, Kind::Passphrase, Kind::Invite];
    let kind = kinds.into_iter().find(|kind| u64::from(kind.code()) == code).ok_or(CborError::BadValue)?;
    let root = Root::from_bytes(kind, name, secret(r)?);
    let room = Keepsake {
        root,
        secret: r.optional(secret)?,
        invited: r.optional(|r| {
            r.array_of(2)?;
            Ok::<_, CborError>((r.bytes_exact()?, secret(r)?))
        })?,
        genesis: Genesis(r.bytes_exact()?),
        generation: r.uint()?,
        expires: r.optional(Reader::uint)?.map(Unix),
        foundings: foundings(r)?,
        salts: many(r, SALTS, |r| r.bytes_exact())?,
        entries: many(r, LOG_ENTRIES, |r| bytes_upto(r, ENTRY_BYTES))?,
        members: many(r, KNOWN_MEMBERS, |r| {
            r.array_of(6)?;
            Ok(Known {
                id: MemberId(r.bytes_exact()?),
                nick: nick(r.text()?)?,
                joined: Unix(r.uint()?),
                serve: r.bool()?,
                foundings: foundings(r)?,
                invite: r.optional(Reader::bytes_exact)?.map(InviteId),
            })
        })?,
        kept: {
            r.array_of(2)?;
            many(r, KEPT, |r| bytes_upto(r, SIGNED).map(Zeroizing::new))?
        },
        gone: many(r, KEPT_GONE, |r| {
            r.array_of(3)?;
            let id = MsgId(r.bytes_exact()?);
            let of = r.optional(|r| {
                r.array_of(2)?;
                Ok::<_, CborError>((MemberId(r.bytes_exact()?), r.uint()?))
            })?;
            Ok(Taken { id, of, word: bytes_upto(r, SIGNED)? })
        })?,
    };
    from.end()?;
    Ok(room)
}

fn secret<const N: usize>(r: &mut Reader<'_>) -> Result<Secret<N>, CborError> {
    Secret::from_slice(r.bytes()?).ok_or(CborError::WrongLength)
}

fn foundings(r: &mut Reader<'_>) -> Result<Vec<[u8; 8]>, CborError> {
    many(r, FOUNDINGS, |r| r.bytes_exact())
}

fn nick(text: &str) -> Result<String, CborError> {
    if text.len() > NICK_BYTES { Err(CborError::TooMany) } else { Ok(text.to_owned()) }
}

fn bytes_upto(r: &mut Reader<'_>, most: usize) -> Result<Vec<u8>, CborError> {
    let bytes = r.bytes()?;
    if bytes.len() > most { Err(CborError::TooMany) } else { Ok(bytes.to_vec()) }
}

fn many<T>(
    r: &mut Reader<'_>,
    most: usize,
    read: impl Fn(&mut Reader<'_>) -> Result<T, CborError>,
) -> Result<Vec<T>, CborError> {
    let count = r.array()?;
    if count > most {
        return Err(CborError::TooMany);
    }
    (0..count).map(|_| read(r)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(kept: u8) -> Keepsake {
        let name = RoomName::parse("the plan").unwrap();
        let root = Root::from_bytes(Kind::Invite, name, Secret::new([7; 32]));
        let known = Known {
            id: MemberId([4; 32]),
            nick: "bo\u{1b}b".to_owned(),
            joined: Unix(5),
            serve: true,
            foundings: vec![[1; 8]],
            invite: Some(InviteId([9; 16])),
        };
        let word = |of| Taken { id: MsgId([3; 8]), of, word: vec![8; 200] };
        Keepsake {
            root,
            secret: Some(Secret::new([1; 16])),
            invited: Some(([2; 10], Secret::new([3; 16]))),
            genesis: Genesis([6; 16]),
            generation: 12,
            expires: Some(Unix(1_790_000_000_000)),
            foundings: vec![[1; 8], [2; 8]],
            salts: vec![[5; 16]],
            entries: vec![vec![1; 300], vec![2; 1_024]],
            members: vec![known],
            kept: (0..kept).map(|n| Zeroizing::new(vec![n; 300])).collect(),
            gone: vec![word(None), word(Some((MemberId([4; 32]), 7)))],
        }
    }

    #[test]
    fn what_was_kept_of_a_room_comes_back() {
        for room in
            [sample(0), sample(100), Keepsake { secret: None, invited: None, expires: None, ..sample(3) }]
        {
            let bytes = encode(&room).unwrap();
            let again = decode(&bytes).unwrap();
            assert_eq!(encode(&again).unwrap(), bytes);
            assert_eq!((again.root.bytes(), again.kind()), (room.root.bytes(), Kind::Invite));
            assert_eq!((&again.secret, &again.invited), (&room.secret, &room.invited));
            assert_eq!((&again.kept, &again.entries), (&room.kept, &room.entries));
            assert!(again.members == room.members && again.gone == room.gone);
        }
    }

    #[test]
    fn cut_short_or_longer_or_more_than_there_may_be_it_is_nothing() {
        let bytes = encode(&sample(2)).unwrap();
        for end in 0..bytes.len() {
            assert!(matches!(decode(&bytes[..end]), Err(Fault::RoomDamaged)), "{end}");
        }
        assert!(matches!(decode(&[&bytes[..], &[0]].concat()), Err(Fault::RoomDamaged)));
        assert!(matches!(encode(&sample(101)), Err(Fault::Full)));
    }

    #[test]
    fn nothing_of_it_is_ever_printed() {
        assert_eq!(format!("{:?}", sample(2)), "Keepsake(Genesis:06060606, 2 kept)");
    }
}
