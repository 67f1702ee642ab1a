//! Holds an answer of limpet's to everything that is promised of all of them, and keeps count of them.
//!
//! Lines and metrics are looked at when all answers are in: a log is written some time later.

use std::collections::BTreeMap;

use crate::harness::{Answer, Ended, Limpet, RawClient, until};
use crate::scene::{body, request};

/// What an answer is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) status: u16,
    pub(super) reason: &'static str,
    /// Whom the log names as the one who ended the exchange; none where it ended as it should.
    pub(super) ended_by: Option<&'static str>,
    /// The client's connection carries another request.
    pub(super) goes_on: bool,
}

/// The answers of one limpet so far.
#[derive(Debug, Default)]
pub(super) struct Witness {
    /// By the request's id.
    told: BTreeMap<String, Expected>,
    others: usize,
}

impl Witness {
    /// Looks at an answer, then at what becomes of its connection. `next` is a request that a backend answers.
    pub(super) async fn sees(&mut self, mut client: RawClient, answer: &Answer, expected: Expected, next: &str) {
        let Expected { status, reason, goes_on, .. } = expected;
        let id = answer.fields.text("x-request-id").unwrap_or_default();
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{reason}: the id is {id:?}");
        assert_eq!(answer.status, status, "{reason}: {}", body(answer));
        let text = body(answer);
        let start = format!("{status} ");
        assert!(
            text.starts_with(&start) && text.ends_with(&format!("\nreason: {reason}\nrequest: {id}\n")),
            "{text:?}"
        );
        assert_eq!(answer.fields.text("cache-control").as_deref(), Some("no-store"), "{reason}");
        assert_eq!(answer.fields.text("content-type").as_deref(), Some("text/plain"), "{reason}");
        assert_eq!(answer.fields.all("date").len(), 1, "{reason}");
        assert!(answer.fields.all("set-cookie").is_empty(), "{reason}");
        assert_eq!(answer.says_close(), !goes_on, "{reason}: {:?}", answer.fields);
        assert!(self.told.insert(id, expected).is_none(), "{reason}: an id was given twice");
        if goes_on {
            client.send(request("GET", next, &["Connection: close"]).as_bytes()).await;
            assert_eq!(client.answer().await.status, 200, "{reason}: the next request");
            self.others += 1;
        }
        assert_eq!(client.rest().await.ended, Ended::Fin, "{reason}");
    }

    /// Each answer has one line in the access log that says the same, and was counted under its reason.
    pub(super) async fn agrees_with(self, limpet: &Limpet) {
        let all = self.told.len() + self.others;
        assert!(until(async || limpet.lines().len() >= all).await, "{} lines of {all}", limpet.lines().len());
        let lines = limpet.lines();
        assert_eq!(lines.len(), all, "one line an exchange");
        let metrics = limpet.metrics().await;
        let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
        for (id, expected) in &self.told {
            let Expected { status, reason, ended_by, .. } = *expected;
            let own: Vec<_> = lines.iter().filter(|line| line.get("limpet.request_id").as_ref() == Some(id)).collect();
            assert_eq!(own.len(), 1, "{reason}: lines of one exchange");
            let line = own[0];
            assert_eq!(line.get("http.response.status_code"), Some(status.to_string()), "{}", line.text);
            assert_eq!(line.get("limpet.reason").as_deref(), Some(reason), "{}", line.text);
            assert_eq!(line.get("limpet.ended_by").as_deref(), ended_by, "{}", line.text);
            *counts.entry(reason).or_default() += 1.0;
        }
        for (reason, count) in counts {
            let counted = metrics.sum("limpet_responses_made_total", &[("reason", reason)]);
            assert_eq!(counted, count, "limpet_responses_made_total{{reason=\"{reason}\"}}");
        }
        let made = metrics.sum("limpet_responses_made_total", &[]);
        assert_eq!(made, self.told.len() as f64, "limpet_responses_made_total");
    }
}
