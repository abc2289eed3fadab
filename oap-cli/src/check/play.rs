//! Plays a case with a host, and judges what the host does.

use crate::check::case::{Case, Expect};
use crate::check::peer::{error_code, Got, Peer};
use crate::transport::Stream;
use oap::{Frame, Reason, Reject};
use oap_explain::rules;
use oap_probe::wire;
use std::time::Duration;
use tokio::time::Instant;

/// What a host did with a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    Kept,
    /// What is wrong.
    Broken(String),
    /// Why it can't be seen of this host.
    NotSeen(String),
}

/// What became of a case.
pub struct Outcome {
    pub must: Verdict,
    /// Of a reject: whether an ERROR said the code (rule 2.9).
    pub should: Option<Verdict>,
    pub got: Vec<String>,
}

/// How long is waited.
#[derive(Clone, Copy)]
pub struct Times {
    /// For what has to come.
    pub patience: Duration,
    /// For what must not come.
    pub silence: Duration,
}

/// Who made the connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Caller {
    Us,
    /// It may close once it is done, whether we are or not.
    Host,
}

/// Plays one case.
pub async fn play(case: &Case, stream: Stream, caller: Caller, times: Times) -> Outcome {
    let mut game = Game { peer: Peer::new(stream), caller, times };
    let (must, should) = game.judge(case).await;
    game.peer.end().await;
    Outcome { must, should, got: game.peer.got }
}

struct Game {
    peer: Peer,
    caller: Caller,
    times: Times,
}

type Judged = (Verdict, Option<Verdict>);

fn broken(why: impl Into<String>) -> Judged {
    (Verdict::Broken(why.into()), None)
}

const KEPT: Judged = (Verdict::Kept, None);

impl Game {
    async fn judge(&mut self, case: &Case) -> Judged {
        let is_taken = matches!(case.expect, Expect::Taken(_));
        if self.caller == Caller::Host && case.ends && is_taken {
            // It may take nothing before its own DATA is acknowledged, and our end comes before that.
            let why = "the host sends first, and can't be acknowledged behind our end";
            return (Verdict::NotSeen(why.to_owned()), None);
        }
        if let Some(greeting) = &case.greeting {
            if let Err(judged) = self.greet(greeting, case.expect).await {
                return judged;
            }
        }
        // A host that rejects may close before it has read all.
        let _ = self.peer.say(&case.before, false).await;
        let _ = self.peer.say(&case.sent, case.bytewise).await;
        if case.ends {
            self.peer.end().await;
        }
        match case.expect {
            Expect::Rejected(reason) => self.rejected(reason).await,
            Expect::RejectedOrTaken(reason, seq) => self.taken(seq, Some(reason)).await,
            Expect::Taken(seq) => self.taken(seq, None).await,
            Expect::Silence => self.silent().await,
            Expect::Greeting => self.greeted().await,
            Expect::Restraint => self.restrained().await,
            Expect::OwnLimit => self.limited().await,
            Expect::Credit => self.credit().await,
        }
    }

    fn patience(&self) -> Instant {
        Instant::now() + self.times.patience
    }

    fn silence(&self) -> Instant {
        Instant::now() + self.times.silence
    }

    /// Sends our HELLO and waits for the host's.
    async fn greet(&mut self, greeting: &[u8], expect: Expect) -> Result<(), Judged> {
        let _ = self.peer.say(greeting, false).await;
        let until = self.patience();
        while !self.peer.session().is_established() {
            match self.peer.next(until).await {
                Got::Frame(frame) => {
                    let code = error_code(&frame.frame());
                    match (code, expect) {
                        (None, _) => {}
                        (Some(code), Expect::RejectedOrTaken(reason, _))
                            if code == reason.code() =>
                        {
                            return Err(KEPT);
                        }
                        (Some(_), _) => return Err(broken("the host rejected a good HELLO")),
                    }
                }
                Got::Breach(reject) => return Err(breach(&reject)),
                Got::Closed => return Err(broken("the host closed instead of greeting")),
                Got::Nothing => return Err(broken("the host sent no HELLO")),
            }
        }
        Ok(())
    }

    /// An ERROR, or at least the end; nothing may follow an ERROR.
    async fn rejected(&mut self, reason: Reason) -> Judged {
        let until = self.patience();
        loop {
            match self.peer.next(until).await {
                Got::Frame(frame) => {
                    if let Some(code) = error_code(&frame.frame()) {
                        return self.said(code, reason).await;
                    }
                }
                Got::Closed => {
                    let none = Verdict::Broken("no ERROR told the reject".to_owned());
                    return (Verdict::Kept, Some(none));
                }
                Got::Breach(reject) => return breach(&reject),
                Got::Nothing => return broken("the host did not reject it"),
            }
        }
    }

    async fn said(&mut self, code: u32, reason: Reason) -> Judged {
        self.peer.end().await;
        let until = self.silence();
        match self.peer.next(until).await {
            Got::Frame(_) => return broken("a frame followed the ERROR (rule 4.16)"),
            Got::Breach(reject) => return broken(format!("bytes followed the ERROR: {reject}")),
            Got::Closed | Got::Nothing => {}
        }
        let another = Reason::ALL.into_iter().find(|other| other.code() == code);
        match another {
            Some(other) if other == reason => (Verdict::Kept, Some(Verdict::Kept)),
            Some(other) => broken(format!("the host rejected it as {other}")),
            None => {
                let code = format!("the ERROR has the code {code}");
                (Verdict::Kept, Some(Verdict::Broken(code)))
            }
        }
    }

    /// The ACK of that seq, or, where the policy may forbid it, the reject.
    async fn taken(&mut self, seq: u64, policy: Option<Reason>) -> Judged {
        let until = self.patience();
        loop {
            // A host may take nothing before its own DATA is acknowledged.
            self.peer.acknowledge().await;
            match self.peer.next(until).await {
                Got::Frame(frame) => match frame.frame() {
                    Frame::Ack(ack) if ack.up_to == seq => return KEPT,
                    Frame::Error(error) if policy.is_some_and(|it| it.code() == error.code) => {
                        return KEPT;
                    }
                    Frame::Error(_) => return broken("the host rejected what is good"),
                    _ => {}
                },
                Got::Closed if policy.is_some() => return KEPT,
                Got::Closed if self.caller == Caller::Host => {
                    let why = "the host closed in good order before it took it";
                    return (Verdict::NotSeen(why.to_owned()), None);
                }
                Got::Closed => return broken("the host closed before it acknowledged"),
                Got::Breach(reject) => return breach(&reject),
                Got::Nothing => return broken("the host did not acknowledge it"),
            }
        }
    }

    async fn silent(&mut self) -> Judged {
        let until = self.silence();
        loop {
            match self.peer.next(until).await {
                Got::Frame(frame) if error_code(&frame.frame()).is_some() => {
                    return broken("the host sent an ERROR");
                }
                Got::Frame(_) => {}
                Got::Breach(reject) => return breach(&reject),
                Got::Closed | Got::Nothing => return KEPT,
            }
        }
    }

    /// While our HELLO is not there the host may send its own and ERROR, which the session sees to.
    async fn greeted(&mut self) -> Judged {
        let until = self.silence();
        loop {
            match self.peer.next(until).await {
                Got::Frame(_) => {}
                Got::Breach(reject) => return breach(&reject),
                Got::Closed => return broken("the host closed before our HELLO"),
                Got::Nothing => break,
            }
        }
        match self.greet(&wire::greeting(), Expect::Greeting).await {
            Ok(()) => KEPT,
            Err(judged) => judged,
        }
    }

    /// Without ACKs, and then with them. The session sees to the window and to the length of the frames.
    async fn restrained(&mut self) -> Judged {
        let mut seen = false;
        for _ in 0..3 {
            let until = self.silence();
            loop {
                match self.peer.next(until).await {
                    Got::Frame(frame) => seen |= matches!(frame.frame(), Frame::Data(_)),
                    Got::Breach(reject) => return breach(&reject),
                    Got::Closed | Got::Nothing => break,
                }
            }
            self.peer.acknowledge().await;
        }
        match seen {
            true => KEPT,
            false => (Verdict::NotSeen("the host sent no DATA".to_owned()), None),
        }
    }

    async fn limited(&mut self) -> Judged {
        let Some(most) = self.peer.session().peer_max_frame() else {
            return broken("the host sent no HELLO");
        };
        self.drain().await;
        let body = vec![0x5a; most - 10];
        let good = [wire::start(b"check"), wire::data(1, &body)].concat();
        let _ = self.peer.say(&good, false).await;
        match self.taken(1, None).await {
            (Verdict::Kept, _) => {}
            judged => return judged,
        }
        let over = wire::prefix(most as u32 + 1, 3, 0, 2);
        let _ = self.peer.say(&over[..4], false).await;
        self.rejected(Reason::FrameOversize).await
    }

    /// Takes and acknowledges what a host sends of its own accord: it may read no long frame before.
    async fn drain(&mut self) {
        if self.caller == Caller::Us {
            return;
        }
        let until = self.silence();
        while let Got::Frame(_) = self.peer.next(until).await {
            self.peer.acknowledge().await;
        }
    }

    /// All DATA of the window and one more, in one write. A host that sent an ACK in between did nothing wrong.
    async fn credit(&mut self) -> Judged {
        let window = self.peer.session().outbound().window;
        let mut bytes = wire::start(b"check");
        (1..=u64::from(window) + 1).for_each(|seq| bytes.extend(wire::data(seq, b"")));
        let _ = self.peer.say(&bytes, false).await;
        let until = self.patience();
        loop {
            match self.peer.next(until).await {
                Got::Frame(frame) => match frame.frame() {
                    Frame::Ack(_) => {
                        let why = "the host acknowledged before the window was full";
                        return (Verdict::NotSeen(why.to_owned()), None);
                    }
                    Frame::Error(error) => return self.said(error.code, CREDIT).await,
                    _ => {}
                },
                Got::Closed => return (Verdict::Kept, Some(Verdict::Broken("no ERROR".into()))),
                // The session has no DATA over the window: the host's ACK names it.
                Got::Breach(reject) => return breach(&reject),
                Got::Nothing => return broken("the host did not reject it"),
            }
        }
    }
}

const CREDIT: Reason = Reason::CreditViolation;

/// The host's own bytes are bad.
fn breach(reject: &Reject) -> Judged {
    let rule = rules::of_fault(reject.fault());
    broken(format!("what the host sent breaks rule {rule}: {reject}"))
}
