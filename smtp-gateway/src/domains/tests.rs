use super::asking::NoAnswer;
use super::records::{dkim, dmarc, mx, spf, sts, tls};
use super::*;

fn texts(texts: &[&str]) -> Result<Vec<String>, NoAnswer> {
    Ok(texts.iter().map(|text| (*text).to_owned()).collect())
}

fn host() -> DomainName {
    DomainName::parse("mx.example.org").expect("a domain")
}

use RecordState::{Different, Missing, Right, Unknown};

#[test]
fn several_mail_servers_are_fine_if_ours_is_one() {
    let there = || Ok(vec!["192.0.2.1".parse().expect("an address")]);
    for (servers, state, why) in [
        (&[(10, "mx.example.org")][..], Right, "brought to this server"),
        (
            &[(5, "other.example"), (10, "mx.example.org")],
            Right,
            "lower numbers",
        ),
        (&[(10, "other.example")], Different, "none of it"),
        (&[(0, "")], Different, "no mail at all"),
        (&[], Missing, "where to bring"),
    ] {
        let servers = servers
            .iter()
            .map(|(preference, name)| (*preference, (*name).to_owned()));
        let judged = mx(Ok(servers.collect()), there(), &host());
        assert_eq!(judged.state, state, "{why}");
        assert!(judged.why.contains(why), "{}", judged.why);
    }
    let ours = || Ok(vec![(10, "mx.example.org".to_owned())]);
    assert_eq!(mx(ours(), Ok(Vec::new()), &host()).state, Different);
    assert_eq!(mx(Err(NoAnswer), there(), &host()).state, Unknown);
}

#[test]
fn of_several_spf_records_none_counts() {
    assert_eq!(
        spf(texts(&["something else", "V=SPF1 a -all"])),
        Ok("V=SPF1 a -all".to_owned())
    );
    for (found, state) in [
        (&["v=spf10 -all"][..], Missing),
        (&["v=spf1 -all", "v=spf1 a -all"], Different),
        (&["v=spf1 nonsense:x -all"], Different),
    ] {
        let judged = spf(texts(found)).expect_err("not one record");
        assert_eq!(judged.state, state, "{found:?}");
    }
    assert_eq!(spf(Err(NoAnswer)).expect_err("nobody says").state, Unknown);
}

#[test]
fn a_key_is_ours_however_it_is_written_and_only_if_it_may_be_used() {
    for (found, state) in [
        ("v=DKIM1; k=rsa; p=QUJD", Right),
        ("v=DKIM1;p=QU\t JD ; n=a note; t=s", Right),
        ("p=QUJD; s=email; h=sha1:sha256", Right),
        ("v=DKIM1; k=rsa; p=REVG", Different),
        ("v=DKIM1; k=ed25519; p=QUJD", Different),
        ("v=DKIM1; p=", Different),
        ("v=DKIM1; t=y; p=QUJD", Different),
        ("v=DKIM1; h=sha1; p=QUJD", Different),
        ("v=DKIM1; s=tlsrpt; p=QUJD", Different),
        ("v=DKIM2; p=QUJD", Different),
        ("a text", Different),
    ] {
        assert_eq!(dkim(texts(&[found]), "QUJD").state, state, "{found}");
    }
    assert_eq!(dkim(texts(&[]), "QUJD").state, Missing);
    assert_eq!(dkim(texts(&["p=QUJD", "p=QUJD"]), "QUJD").state, Different);
}

#[test]
fn any_policy_is_one_and_no_policy_is_none() {
    for (found, state) in [
        (&["v=DMARC1; p=none"][..], Right),
        (&["v = DMARC1 ;p=reject; rua=mailto:a@example.org"], Right),
        (&["v=DMARC1; p=sometimes"], Different),
        (&["v=DMARC1; p=none", "v=DMARC1; p=reject"], Different),
        (&["another text"], Missing),
    ] {
        assert_eq!(dmarc(texts(found)).state, state, "{found:?}");
    }
}

#[test]
fn the_id_of_a_policy_has_to_be_that_of_ours() {
    for (found, state) in [
        (&["v=STSv1; id=abc1;"][..], Right),
        (&["v=STSv1; id=abc2"], Different),
        (&["v=STSv1"], Different),
        (&["id=abc1; v=STSv1"], Missing),
        (&[], Missing),
    ] {
        assert_eq!(sts(texts(found), "abc1").state, state, "{found:?}");
    }
}

#[test]
fn reports_go_to_whoever_the_domain_names() {
    for (found, state) in [
        ("v=TLSRPTv1; rua=mailto:a@example.org", Right),
        ("v=TLSRPTv1; rua=https://reports.example/in", Right),
        ("v=TLSRPTv1;", Different),
        ("something", Missing),
    ] {
        assert_eq!(tls(texts(&[found])).state, state, "{found}");
    }
}

#[tokio::test]
async fn without_anybody_to_ask_it_is_said_what_to_publish_and_that_nothing_is_known() {
    let domains = Domains::new(None);
    let kept = domains.generate_key().await.expect("a key");
    for (domain, why) in [("example.org", "mail.dns_server"), ("localhost", "mail.domain")] {
        let domain = DomainName::parse(domain).expect("a domain");
        let records = domains.check(&domain, &host(), None, &kept).await;
        assert!(
            records
                .iter()
                .all(|record| record.state == Unknown && record.why.contains(why))
        );
        let purposes: Vec<_> = records.iter().map(|record| record.purpose).collect();
        use RecordPurpose::{Dkim, Dmarc, Mx, Spf, TlsRpt};
        assert_eq!(purposes, [Mx, Spf, Dkim, Dmarc, TlsRpt]);
        assert!(
            records[2]
                .value
                .starts_with("v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A")
        );
    }
}
