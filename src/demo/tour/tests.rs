//! The tour is judged as well: it has to notice every limpet that breaks one promise.
//!
//! A meddler stands between the tour's client and a real limpet and has one vice: it changes what goes through, or
//! does not, as its vice says. Without a vice all steps hold; with one, the step that is there to notice it fails first.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use super::*;
use crate::demo::stage::House;

/// What a bad limpet does, and the step that must notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vice {
    None,
    SetsTwoCookies,
    ForgetsHttpOnly,
    ShowsAnAddress,
    SetsTheCookieAgain,
    ForgetsSessions,
    LosesThings,
    BringsAllToOneHome,
    MixesAnswersUp,
    LeavesACartOut,
    ShowsItsCookieToCarts,
    TouchesOtherCookies,
    LetsACartPlantItsCookie,
    DropsCookiesOfCarts,
    ForgetsAtRestart,
    TrustsForgeries,
    TakesAmbiguousRequests,
    RefusesWithoutClosing,
    ForwardsWhatItRefuses,
    ListensOn,
    AsksTwice,
}

fn tour_of(vice: Vice) -> (Vec<usize>, String) {
    let mut report = Vec::new();
    let failed = play(&mut Meddler::before(House::open().unwrap(), vice), &mut report).unwrap();
    (failed, String::from_utf8(report).unwrap())
}

#[test]
fn a_limpet_without_vices_keeps_every_promise() {
    let (failed, report) = tour_of(Vice::None);
    assert_eq!(failed, [0; 0], "{report}");
    assert!(report.ends_with("All 10 held.\n") && report.matches('✔').count() == 10, "{report}");
}

#[test]
fn each_step_notices_who_breaks_its_promise() {
    for (vice, step) in VICES {
        let (failed, report) = tour_of(*vice);
        assert_eq!(failed.first(), Some(step), "{vice:?}:\n{report}");
        assert!(report.contains(&format!("✖ {step:>2}. ")) && report.contains("did not hold"), "{vice:?}:\n{report}");
    }
    let steps: BTreeSet<usize> = VICES.iter().map(|(_, step)| *step).collect();
    assert_eq!(steps, (1..=STEPS.len()).collect(), "each step has a vice that it notices");
}

#[test]
fn addresses_are_found_in_every_spelling() {
    let spellings = spellings("127.0.0.1:3000".parse().unwrap());
    let expected = ["127.0.0.1", "3000", "2130706433", "16777343", "7f000001", "7F000001", "MTI3LjAuMC4x"];
    assert_eq!(spellings, expected);
    assert_eq!(base64_start("10.0.0.12:80"), "MTAuMC4wLjEyOjgw");
}

#[test]
fn forgeries_are_no_tokens_of_ours() {
    let backends = [("cart-0".to_owned(), "127.0.0.1:3000".parse().unwrap())];
    for token in ["0.ABC", "0.BBC"] {
        let forged = forgeries(token, &backends);
        assert!(!forged.contains(&token.to_owned()) && forged.len() == 10, "{forged:?}");
    }
}

impl Vice {
    /// What limpet gets to see.
    fn on_request(self, request: &str, meddler: &Shared) -> String {
        let lost = || request.replace("limpet-carts=", "lost=");
        let is_ambiguous = request.contains("Transfer-Encoding");
        match self {
            Vice::ForgetsSessions => lost(),
            Vice::ForgetsAtRestart if meddler.restarted.load(Ordering::Relaxed) => lost(),
            Vice::BringsAllToOneHome if !request.contains("Cookie:") => {
                let token = meddler.token.lock().unwrap();
                request.replacen("\r\n", &format!("\r\nCookie: {token}\r\n"), 1)
            }
            Vice::TouchesOtherCookies => request.replace("theme=\"dark\"", "theme=dark"),
            Vice::TakesAmbiguousRequests => request.replace("Transfer-Encoding: chunked\r\n", ""),
            Vice::ForwardsWhatItRefuses if is_ambiguous => {
                let hidden = request.rsplit_once("GET").map_or("", |(_, hidden)| hidden);
                exchange(&mut meddler.connect().unwrap(), &format!("GET{hidden}")).unwrap();
                request.to_owned()
            }
            // Where turns do not count: elsewhere the second request would take the place of somebody else.
            Vice::AsksTwice if request.starts_with("POST /cart/pears") => {
                exchange(&mut meddler.connect().unwrap(), request).unwrap();
                request.to_owned()
            }
            _ => request.to_owned(),
        }
    }

    /// What the client gets to see.
    fn on_response(self, request: &str, response: &str) -> String {
        let plus = |line: &str| response.replacen("\r\n", &format!("\r\n{line}\r\n"), 1);
        let without = |begin: &str| {
            let kept = response.split_inclusive("\r\n").filter(|line| !line.starts_with(begin));
            kept.collect::<String>()
        };
        let is_hit = request.contains("limpet-carts=0.");
        match self {
            Vice::SetsTwoCookies if !is_hit => plus("Set-Cookie: limpet-two=1; Path=/"),
            Vice::ForgetsHttpOnly => response.replace("; HttpOnly", ""),
            Vice::ShowsAnAddress => response.replace("limpet-carts=0.", "limpet-carts=MTI3LjAuMC4xOjMwMDA."),
            Vice::SetsTheCookieAgain if is_hit => plus("Set-Cookie: limpet-carts=0.again; Path=/; HttpOnly"),
            Vice::LosesThings => response.replace("\"thing-3\"", "\"nothing\""),
            Vice::MixesAnswersUp => response.replace("\"pears\"", "\"apples\""),
            Vice::LeavesACartOut if is_nobodys(request) => response.replace("cart-2", "cart-0"),
            Vice::ShowsItsCookieToCarts => response.replace("\"cookies\":\"", "\"cookies\":\"limpet-carts=0.x; "),
            Vice::LetsACartPlantItsCookie if request.starts_with("GET /plant") => {
                plus("Set-Cookie: limpet-carts=planted")
            }
            Vice::DropsCookiesOfCarts if request.starts_with("GET /plant") => without("Set-Cookie: own="),
            Vice::TrustsForgeries if request.contains("limpet-carts=127.") => without("Set-Cookie: limpet-"),
            Vice::RefusesWithoutClosing => without("Connection: close"),
            _ => response.to_owned(),
        }
    }
}

fn is_nobodys(request: &str) -> bool {
    request.starts_with("GET /cart ") && !request.contains("Cookie:")
}

/// A house with a meddler at its door.
struct Meddler {
    house: House,
    shared: Arc<Shared>,
    address: SocketAddr,
    door: Option<JoinHandle<()>>,
}

struct Shared {
    vice: Vice,
    /// Where limpet really is.
    limpet: Mutex<SocketAddr>,
    restarted: AtomicBool,
    /// The first token that limpet gave to anybody.
    token: Mutex<String>,
    shut: AtomicBool,
}

impl Meddler {
    fn before(house: House, vice: Vice) -> Meddler {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let shared = Arc::new(Shared {
            vice,
            limpet: Mutex::new(house.address()),
            restarted: AtomicBool::new(false),
            token: Mutex::new("none=1".to_owned()),
            shut: AtomicBool::new(false),
        });
        let inside = Arc::clone(&shared);
        let door = thread::spawn(move || {
            while let Ok((client, _)) = socket.accept() {
                if inside.shut.load(Ordering::SeqCst) {
                    return;
                }
                let inside = Arc::clone(&inside);
                // How a connection ends is for the client to notice.
                thread::spawn(move || drop(inside.serve(client)));
            }
        });
        Meddler { house, shared, address, door: Some(door) }
    }

    fn shut(&mut self) {
        self.shared.shut.store(true, Ordering::SeqCst);
        if let Some(door) = self.door.take() {
            TcpStream::connect(self.address).unwrap();
            door.join().unwrap();
        }
    }
}

impl Drop for Meddler {
    fn drop(&mut self) {
        self.shut();
    }
}

impl Stage for Meddler {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn backends(&self) -> Vec<(String, SocketAddr)> {
        self.house.backends()
    }

    fn asked(&self) -> u64 {
        self.house.asked()
    }

    fn restart(&mut self) -> Result<(), String> {
        self.house.restart()?;
        *self.shared.limpet.lock().unwrap() = self.house.address();
        self.shared.restarted.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn stop(&mut self) -> Result<(), String> {
        if self.shared.vice != Vice::ListensOn {
            self.shut();
        }
        self.house.stop()
    }
}

impl Shared {
    fn connect(&self) -> io::Result<TcpStream> {
        TcpStream::connect(*self.limpet.lock().unwrap())
    }

    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let mut limpet = self.connect()?;
        loop {
            let request = read_until_end(&mut client, |text| text.contains("\r\n\r\n"))?;
            let response = exchange(&mut limpet, &self.vice.on_request(&request, self))?;
            let mut token = self.token.lock().unwrap();
            if let Some((_, begun)) = response.split_once("Set-Cookie: limpet-").filter(|_| *token == "none=1") {
                *token = format!("limpet-{}", begun.split(';').next().unwrap_or_default());
            }
            drop(token);
            let response = self.vice.on_response(&request, &response);
            client.write_all(with_its_length(&response).as_bytes())?;
            if response.contains("Connection: close") {
                return Ok(());
            }
        }
    }
}

fn exchange(limpet: &mut TcpStream, request: &str) -> io::Result<String> {
    limpet.write_all(request.as_bytes())?;
    read_until_end(limpet, |text| {
        let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        length.is_some_and(|length| length.parse() == Ok(body.len()))
    })
}

fn read_until_end(stream: &mut TcpStream, is_whole: impl Fn(&str) -> bool) -> io::Result<String> {
    let (mut text, mut room) = (String::new(), [0; 8192]);
    while !is_whole(&text) {
        match stream.read(&mut room)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => text += std::str::from_utf8(&room[..count]).unwrap(),
        }
    }
    Ok(text)
}

fn with_its_length(response: &str) -> String {
    let Some((head, body)) = response.split_once("\r\n\r\n") else { return response.to_owned() };
    let length = |line: &str| match line.strip_prefix("Content-Length: ") {
        Some(_) => format!("Content-Length: {}", body.len()),
        None => line.to_owned(),
    };
    format!("{}\r\n\r\n{body}", head.split("\r\n").map(length).collect::<Vec<_>>().join("\r\n"))
}

const VICES: &[(Vice, usize)] = &[
    (Vice::SetsTwoCookies, 1),
    (Vice::ForgetsHttpOnly, 1),
    (Vice::ShowsAnAddress, 1),
    (Vice::SetsTheCookieAgain, 2),
    (Vice::ForgetsSessions, 2),
    (Vice::LosesThings, 2),
    (Vice::BringsAllToOneHome, 3),
    (Vice::MixesAnswersUp, 3),
    (Vice::LeavesACartOut, 4),
    (Vice::ShowsItsCookieToCarts, 5),
    (Vice::TouchesOtherCookies, 5),
    (Vice::LetsACartPlantItsCookie, 6),
    (Vice::DropsCookiesOfCarts, 6),
    (Vice::ForgetsAtRestart, 7),
    (Vice::TrustsForgeries, 8),
    (Vice::TakesAmbiguousRequests, 9),
    (Vice::RefusesWithoutClosing, 9),
    (Vice::ForwardsWhatItRefuses, 9),
    (Vice::ListensOn, 10),
    (Vice::AsksTwice, 10),
];
