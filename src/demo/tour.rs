//! What limpet promises, played by a client and judged step by step.
//!
//! A step does what a client could do and says what it saw, or what was wrong with it. Nothing here looks into limpet:
//! promises are kept on the wire or not at all. That each step can fail is shown in `tests`, by limpets with one vice
//! each.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::stage::Stage;
use super::visitor::{Said, Visitor};

/// Plays all steps and reports each as it ends. The numbers of those that did not hold.
///
/// # Errors
/// The report could not be written.
pub(super) fn play(stage: &mut dyn Stage, report: &mut dyn Write) -> io::Result<Vec<usize>> {
    let mut play = Play::new(stage);
    let mut failed = Vec::new();
    writeln!(report, "A limpet, three carts behind it, and a client who looks closely:\n")?;
    for (number, (promise, step)) in (1..).zip(STEPS) {
        let (mark, seen) = match step(&mut play) {
            Ok(seen) => ('✔', seen),
            Err(wrong) => {
                failed.push(number);
                ('✖', wrong)
            }
        };
        writeln!(report, "{mark} {number:>2}. {promise}\n        {seen}")?;
    }
    match failed.len() {
        0 => writeln!(report, "\nAll {} held.", STEPS.len())?,
        count => writeln!(report, "\n{count} of {} did not hold.", STEPS.len())?,
    }
    Ok(failed)
}

/// What a step saw, or what was wrong.
type Seen = Result<String, String>;
type Step = fn(&mut Play<'_>) -> Seen;

/// The story so far.
struct Play<'a> {
    stage: &'a mut dyn Stage,
    /// The client whose session is followed from the first step to the last but one.
    regular: Visitor,
    /// Where the regular's things are, and what they are.
    home: String,
    things: Vec<String>,
    /// Answers that carts gave, to anybody.
    answered: Rc<Cell<u64>>,
}

impl<'a> Play<'a> {
    fn new(stage: &'a mut dyn Stage) -> Play<'a> {
        let answered = Rc::default();
        let regular = Visitor::new(stage.address(), &answered);
        Play { stage, regular, home: String::new(), things: Vec::new(), answered }
    }

    fn newcomer(&self) -> Visitor {
        Visitor::new(self.stage.address(), &self.answered)
    }

    /// The regular asks; his home has to answer with all his things, and limpet to leave his cookie alone.
    fn at_home(&mut self, line: &str) -> Result<Said, String> {
        let (answer, said) = self.regular.ask(line)?;
        let added = line.strip_prefix("POST /cart/").map(str::to_owned);
        self.things.extend(added);
        if said.served_by != self.home {
            return Err(format!("{line} went to {} instead of {}", said.served_by, self.home));
        }
        if said.things != self.things {
            return Err(format!("{line} found {:?} instead of {:?}", said.things, self.things));
        }
        match answer.limpets()[..] {
            [] => Ok(said),
            [again, ..] => Err(format!("{line} got the cookie again: {again}")),
        }
    }
}

fn first_visit(play: &mut Play<'_>) -> Seen {
    let (answer, said) = play.regular.ask("POST /cart/apples")?;
    (play.home, play.things) = (said.served_by, vec!["apples".to_owned()]);
    let cookies = answer.limpets();
    let [cookie] = cookies[..] else {
        return Err(format!("{} cookies of limpet's instead of one: {cookies:?}", cookies.len()));
    };
    let mut parts = cookie.split("; ");
    let value = parts.next().unwrap_or_default();
    let attributes: BTreeSet<&str> = parts.collect();
    if !value.starts_with("limpet-") || attributes != BTreeSet::from(["HttpOnly", "Path=/", "SameSite=Lax"]) {
        return Err(format!("not limpet-NAME with Path=/, HttpOnly and SameSite=Lax: {cookie}"));
    }
    let addresses = play.stage.backends().into_iter().flat_map(|(_, address)| spellings(address));
    if let Some(shown) = addresses.into_iter().find(|spelling| value.contains(spelling.as_str())) {
        return Err(format!("the cookie shows an address, {shown}: {cookie}"));
    }
    if said.things != play.things {
        return Err(format!("{} has {:?} in a new cart", play.home, said.things));
    }
    Ok(format!("{} took the apples; Set-Cookie: {cookie}", play.home))
}

fn hundred_requests(play: &mut Play<'_>) -> Seen {
    for connection in 0..10 {
        play.regular.move_to(play.stage.address());
        play.at_home(&format!("POST /cart/thing-{connection}"))?;
        for _ in 1..10 {
            play.at_home("GET /cart")?;
        }
    }
    Ok(format!("{} answered all of them and has {}", play.home, play.things.join(", ")))
}

fn two_clients(play: &mut Play<'_>) -> Seen {
    let mut other = play.newcomer();
    // Round robin: one of the next few cannot come to the same cart.
    let mut tries = 12;
    let home = loop {
        let (_, said) = other.ask("POST /cart/pears")?;
        if said.served_by != play.home {
            break said.served_by;
        }
        tries -= 1;
        if tries == 0 {
            return Err(format!("12 newcomers were all brought to {}", play.home));
        }
        other = play.newcomer();
    };
    for _ in 0..5 {
        play.at_home("GET /cart")?;
        let (_, said) = other.ask("GET /cart")?;
        if said.served_by != home || said.things != ["pears"] {
            return Err(format!(
                "pears are at {home}; the other client was shown {:?} by {}",
                said.things, said.served_by
            ));
        }
    }
    Ok(format!("pears at {home}, apples at {}, in turns five times", play.home))
}

fn no_cookie(play: &mut Play<'_>) -> Seen {
    let mut nobody = play.newcomer();
    let mut order = Vec::new();
    for _ in 0..9 {
        nobody.jar.clear();
        let (_, said) = nobody.ask("GET /cart")?;
        if !said.things.is_empty() {
            return Err(format!("nobody was shown {:?} by {}", said.things, said.served_by));
        }
        order.push(said.served_by);
        // Whoever comes home takes no turn: with three carts, these two would hide one of them from newcomers.
        play.at_home("GET /cart")?;
        play.at_home("GET /cart")?;
    }
    let visited: BTreeSet<&String> = order.iter().collect();
    let backends = play.stage.backends();
    match backends.iter().find(|(name, _)| !visited.contains(name)) {
        Some((name, _)) => Err(format!("{name} was left out: {}", order.join(", "))),
        None => Ok(order.join(", ")),
    }
}

fn cookie_is_stripped(play: &mut Play<'_>) -> Seen {
    let jar = play.regular.jar.clone();
    play.regular.jar.insert(0, ("theme".to_owned(), "\"dark\"".to_owned()));
    play.regular.jar.push(("a".to_owned(), "1=2".to_owned()));
    let others = play.regular.jar.iter().filter(|(name, _)| !name.contains("limpet"));
    let sent = others.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let said = play.at_home("GET /cart");
    play.regular.jar = jar;
    match said?.cookies {
        saw if saw == sent => Ok(format!("{} saw {saw}", play.home)),
        saw => Err(format!("{} saw {saw:?} instead of {sent:?}", play.home)),
    }
}

fn cookie_is_not_planted(play: &mut Play<'_>) -> Seen {
    let jar = play.regular.jar.clone();
    let (answer, said) = play.regular.ask("GET /plant")?;
    play.regular.jar = jar;
    if let [planted, ..] = answer.limpets()[..] {
        return Err(format!("{} planted {planted}", said.served_by));
    }
    if !answer.set_cookies.iter().any(|line| line.starts_with("own=")) {
        return Err(format!("{} lost its own cookie as well: {:?}", said.served_by, answer.set_cookies));
    }
    play.at_home("GET /cart")?;
    Ok(format!("of five that {} set, this one came: {}", said.served_by, answer.set_cookies.join(", ")))
}

fn restart(play: &mut Play<'_>) -> Seen {
    let before = play.stage.address();
    play.stage.restart()?;
    let after = play.stage.address();
    play.regular.move_to(after);
    play.at_home("GET /cart")?;
    Ok(format!("limpet was at {before} and is at {after}; {} still has {} things", play.home, play.things.len()))
}

fn forged_cookies(play: &mut Play<'_>) -> Seen {
    let jar = &play.regular.jar;
    let Some((name, token)) = jar.iter().find(|(name, _)| name.contains("limpet")).cloned() else {
        return Err("there is no cookie of limpet's to forge".to_owned());
    };
    let forged = forgeries(&token, &play.stage.backends());
    for value in &forged {
        let mut forger = play.newcomer();
        forger.jar.push((name.clone(), value.clone()));
        let (answer, said) = forger.ask("GET /cart")?;
        if answer.limpets().len() != 1 {
            let fresh = answer.limpets();
            return Err(format!("{value:?} got {} new cookies from {}: {fresh:?}", fresh.len(), said.served_by));
        }
    }
    Ok(format!("{} of them were answered like a first visit, each with a cookie of its own", forged.len()))
}

fn ambiguous_request(play: &mut Play<'_>) -> Seen {
    let before = play.stage.asked();
    let hidden = "GET /cart HTTP/1.1\r\nHost: hidden\r\n\r\n";
    let (host, length) = (play.stage.address(), hidden.len() + 5);
    let request = format!(
        "POST /cart/nuts HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\
         Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"
    );
    let answer = play.newcomer().send(&request)?;
    if answer.status != 400 || !answer.closed {
        let end = if answer.closed { "closed" } else { "kept open" };
        return Err(format!("it was answered with {} and the connection {end}", answer.status));
    }
    match play.stage.asked() - before {
        0 => Ok("400, the connection closed, and no cart was asked".to_owned()),
        count => Err(format!("400, but {count} requests reached a cart")),
    }
}

fn clean_stop(play: &mut Play<'_>) -> Seen {
    let started = Instant::now();
    let address = play.stage.address();
    play.stage.stop()?;
    let took = started.elapsed();
    if TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok() {
        return Err(format!("somebody still listens at {address}"));
    }
    let (asked, answered) = (play.stage.asked(), play.answered.get());
    if asked != answered {
        return Err(format!("carts saw {asked} requests and gave {answered} answers"));
    }
    Ok(format!("after {} ms, one connection open; {asked} requests, {answered} answers", took.as_millis()))
}

/// An address as cookies of balancers have been known to show it: as text, in base64, in hex, as a number.
fn spellings(address: SocketAddr) -> Vec<String> {
    let mut found = vec![address.ip().to_string(), address.port().to_string()];
    if let IpAddr::V4(ip) = address.ip() {
        let octets = ip.octets();
        found.extend([u32::from_be_bytes(octets).to_string(), u32::from_le_bytes(octets).to_string()]);
        found.extend([
            format!("{:08x}", u32::from(ip)),
            format!("{:08X}", u32::from(ip)),
            base64_start(&ip.to_string()),
        ]);
    }
    found
}

/// The letters that base64 certainly gives for text that begins so.
fn base64_start(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut letters = String::new();
    for group in text.as_bytes().chunks_exact(3) {
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        letters.extend([18, 12, 6, 0].map(|shift| char::from(LETTERS[(bits >> shift) as usize & 63])));
    }
    letters
}

/// Tokens that limpet never gave: other balancers' ways to name an address, and its own token, damaged.
fn forgeries(token: &str, backends: &[(String, SocketAddr)]) -> Vec<String> {
    let first = backends.first();
    let (name, address) = first.map_or((String::new(), String::new()), |(name, at)| (name.clone(), at.to_string()));
    let other = if token.as_bytes().get(2) == Some(&b'A') { "B" } else { "A" };
    let begun: String = token.chars().take(2).collect();
    let ended: String = token.chars().skip(3).collect();
    let encoded = base64_start(&address);
    let damaged = [format!("{begun}{other}{ended}"), format!("{begun}{ended}"), format!("{token}A")];
    let made_up = [String::new(), "x".to_owned(), name, address, encoded, "16777343.36895.0000".to_owned()];
    damaged.into_iter().chain(made_up).chain(["x".repeat(4000)]).collect()
}

/// What limpet promises, and how that is tried.
const STEPS: [(&str, Step); 10] = [
    ("A first visit gets one cookie of limpet's, which names no address.", first_visit),
    ("A hundred requests over ten connections come home, and the cookie is not set again.", hundred_requests),
    ("Another client has another home, and neither sees the other's things.", two_clients),
    ("Requests without a cookie go round all carts.", no_cookie),
    ("Carts never see limpet's cookie; all others reach them as they were sent.", cookie_is_stripped),
    ("A cart can neither set nor delete limpet's cookie.", cookie_is_not_planted),
    ("Another limpet in place of the first brings the session to the same home.", restart),
    ("A forged cookie counts as none.", forged_cookies),
    ("A request that can be read in two ways is refused and reaches no cart.", ambiguous_request),
    ("limpet ends when asked to, and carts saw the requests that were answered and no other.", clean_stop),
];

#[cfg(test)]
mod tests;
