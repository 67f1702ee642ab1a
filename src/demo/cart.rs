//! A toy backend: carts, kept in the memory of one process and nowhere else.
//!
//! It knows its clients by a cookie of its own, `basket`, and each cart gives out baskets that no other cart knows: a
//! client that lands elsewhere finds its things gone. That is the state which limpet is there for. Every answer also
//! says which cookies the request brought, so that a reader sees what backends see. It knows requests and no sockets.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use crate::http::{Method, Name, Request};

/// One stateful backend.
pub(super) struct Cart {
    name: String,
    baskets: Mutex<HashMap<String, Vec<String>>>,
    asked: AtomicU64,
}

/// What a cart answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) set_cookies: Vec<String>,
    pub(super) body: String,
}

impl Cart {
    pub(super) fn new(name: &str) -> Cart {
        Cart { name: name.to_owned(), baskets: Mutex::default(), asked: AtomicU64::new(0) }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Requests that reached it.
    pub(super) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    pub(super) fn answer(&self, request: &Request) -> Reply {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let cookies = cookies(request);
        let thing = request.path().strip_prefix(b"/cart/").and_then(thing);
        match (request.method, request.path(), thing) {
            (Method::Get | Method::Head, b"/cart", _) => self.show(&cookies),
            (Method::Get, b"/plant", _) => self.plant(&cookies),
            (Method::Post, _, Some(thing)) => self.put(thing, &cookies),
            _ => Reply { status: 404, set_cookies: Vec::new(), body: USAGE.to_owned() },
        }
    }

    fn show(&self, cookies: &str) -> Reply {
        let baskets = self.baskets.lock().unwrap_or_else(PoisonError::into_inner);
        let things = basket(cookies).and_then(|id| baskets.get(id));
        self.reply(things.map_or(&[], Vec::as_slice), cookies, Vec::new())
    }

    /// A basket of another cart is not taken over: only that cart knows whose it is.
    fn put(&self, thing: &str, cookies: &str) -> Reply {
        let mut baskets = self.baskets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(things) = basket(cookies).and_then(|id| baskets.get_mut(id)) {
            if things.len() < MOST_THINGS {
                things.push(thing.to_owned());
            }
            return self.reply(things, cookies, Vec::new());
        }
        // A toy forgets everything rather than grow for ever.
        if baskets.len() >= MOST_BASKETS {
            baskets.clear();
        }
        let id = format!("{:016x}", RandomState::new().hash_one(baskets.len()));
        let cookie = format!("{BASKET}={id}; Path=/; HttpOnly; SameSite=Lax");
        let things = baskets.entry(id).or_insert_with(|| vec![thing.to_owned()]);
        self.reply(things, cookies, vec![cookie])
    }

    /// Tries to set and to delete limpet's cookie, in every way that a browser would follow.
    fn plant(&self, cookies: &str) -> Reply {
        let tries = [
            format!("{LIMPETS}=planted; Path=/"),
            format!("{LIMPETS}=; Max-Age=0; Path=/"),
            format!("__Host-{LIMPETS}=planted; Secure; Path=/"),
            format!("={LIMPETS}=planted; Path=/"),
            "own=kept; Path=/".to_owned(),
        ];
        self.reply(&[], cookies, tries.into())
    }

    fn reply(&self, things: &[String], cookies: &str, set_cookies: Vec<String>) -> Reply {
        let (name, things, cookies) = (json!(self.name), json!(things), json!(cookies));
        let body = format!("{{\"served_by\":{name},\"cart\":{things},\"cookies\":{cookies}}}\n");
        Reply { status: 200, set_cookies, body }
    }
}

/// All that the request's Cookie fields say.
fn cookies(request: &Request) -> String {
    let fields: Vec<_> = request.fields.all(Name::Cookie).map(String::from_utf8_lossy).collect();
    fields.join("; ")
}

/// The basket that the client says is its own.
fn basket(cookies: &str) -> Option<&str> {
    cookies.split(';').find_map(|pair| pair.trim().strip_prefix(BASKET)?.strip_prefix('='))
}

/// A word to put into a cart.
fn thing(text: &[u8]) -> Option<&str> {
    let legal = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    let is_word = !text.is_empty() && text.len() <= 32 && text.iter().all(legal);
    std::str::from_utf8(text).ok().filter(|_| is_word)
}

/// The cookie by which a cart knows its clients.
const BASKET: &str = "basket";
/// The cookie by which limpet knows where they belong, which no cart has any business with.
const LIMPETS: &str = "limpet-carts";
const USAGE: &str = "GET /cart shows your cart, POST /cart/THING puts something in\n";
const MOST_BASKETS: usize = 1000;
const MOST_THINGS: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(cart: &Cart, method: &str, path: &str, cookies: &str) -> Reply {
        cart.answer(&Request::sample(method, path, &[("Cookie", cookies)]))
    }

    #[test]
    fn a_basket_is_known_where_it_was_filled_and_nowhere_else() {
        let (one, other) = (Cart::new("cart-0"), Cart::new("cart-1"));
        let first = ask(&one, "POST", "/cart/apples", "a=1");
        assert_eq!(first.body, "{\"served_by\":\"cart-0\",\"cart\":[\"apples\"],\"cookies\":\"a=1\"}\n");
        let mine = first.set_cookies[0].split(';').next().unwrap().to_owned();
        let second = ask(&one, "POST", "/cart/pears", &format!("b=2; {mine}"));
        assert!(second.set_cookies.is_empty() && second.body.contains("[\"apples\",\"pears\"]"), "{second:?}");
        assert!(ask(&one, "GET", "/cart", &mine).body.contains("[\"apples\",\"pears\"]"));
        assert!(ask(&other, "GET", "/cart", &mine).body.contains("\"cart\":[]"));
        let elsewhere = ask(&other, "POST", "/cart/nuts", &mine);
        assert!(elsewhere.body.contains("[\"nuts\"]") && !elsewhere.set_cookies[0].starts_with(&mine));
        assert_eq!((one.asked(), other.asked()), (3, 2));
    }

    #[test]
    fn what_a_cart_does_not_know_is_not_found() {
        let cart = Cart::new("cart-0");
        for (method, path) in
            [("GET", "/"), ("POST", "/cart"), ("POST", "/cart/"), ("POST", "/cart/a/b"), ("DELETE", "/cart")]
        {
            assert_eq!(ask(&cart, method, path, "").status, 404, "{method} {path}");
        }
        assert_eq!(ask(&cart, "POST", "/cart/%22", "").status, 404);
        assert_eq!(ask(&cart, "POST", &format!("/cart/{}", "a".repeat(33)), "").status, 404);
    }

    #[test]
    fn a_toy_stays_small() {
        let cart = Cart::new("cart-0");
        let first = ask(&cart, "POST", "/cart/apples", "").set_cookies[0].clone();
        for _ in 1..MOST_BASKETS {
            ask(&cart, "POST", "/cart/apples", "");
        }
        for _ in 0..2 * MOST_THINGS {
            ask(&cart, "POST", "/cart/apples", &first);
        }
        let things = ask(&cart, "GET", "/cart", &first).body;
        assert_eq!(things.matches("apples").count(), MOST_THINGS);
        ask(&cart, "POST", "/cart/apples", "");
        assert!(ask(&cart, "GET", "/cart", &first).body.contains("\"cart\":[]"));
    }
}
