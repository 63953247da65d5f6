//! What holds for domains and addresses.

use postern_domain::store::{Address, AddressRow, Created, Given, HeldAddress, NewAddress, RecipientRow};
use postern_protocol::{AccountId, AccountName, DomainName};

use super::world::{NOW, Owner, id, name, new_account};
use super::{AnyRecords, sentences};

sentences! { AnyRecords:
    an_account_has_the_address_of_its_name
    an_address_is_given_once
    a_name_that_was_given_as_an_address_is_taken
    an_account_has_at_most_so_many_addresses
    an_address_needs_its_domain_and_its_account
    a_name_cannot_be_taken_away
    a_domain_goes_with_its_addresses
    what_nobody_has_goes_to_whom_the_domain_says
    who_gets_what_is_written_to_an_address_is_read_in_one_moment
    the_addresses_of_a_domain_are_read_in_pages
}

/// More than any account here has.
const MANY: u32 = 100;

fn own(local: &AccountName) -> Address {
    Address {
        domain: None,
        local: local.clone(),
    }
}

/// A domain that is there, and nobody else's.
async fn domain(records: &AnyRecords) -> DomainName {
    let domain = DomainName::parse(&format!("{}.example", name())).expect("letters and digits");
    for _ in 0..2 {
        records.add_domain(&domain, NOW).await.expect("works");
    }
    domain
}

fn at(domain: &DomainName, local: &str) -> Address {
    Address {
        domain: Some(domain.clone()),
        local: AccountName::parse(local).expect("a name"),
    }
}

async fn give(records: &AnyRecords, address: &Address, account: AccountId, most: u32) -> Given {
    let new = NewAddress {
        address: address.clone(),
        account,
        now: NOW,
    };
    records.give_address(&new, most).await.expect("works")
}

async fn an_account_has_the_address_of_its_name(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let address = own(&owner.new.name);
    let row = AddressRow {
        address: address.clone(),
        account: owner.id(),
        created: NOW,
        is_name: true,
    };
    assert_eq!(records.address(&address).await.expect("works"), Some(row.clone()));
    assert_eq!(records.addresses(owner.id()).await.expect("works"), [row]);
    assert_eq!(records.address(&own(&name())).await.expect("works"), None);
    assert_eq!(give(&records, &address, owner.id(), 0).await, Given::Done);
}

async fn an_address_is_given_once(records: AnyRecords) {
    let (one, two) = (Owner::sign_up(&records).await, Owner::sign_up(&records).await);
    let domain = domain(&records).await;
    for address in [at(&domain, "info"), own(&name())] {
        for (owner, given) in [(&one, Given::Done), (&one, Given::Done), (&two, Given::Taken)] {
            assert_eq!(give(&records, &address, owner.id(), MANY).await, given);
        }
        let row = records.address(&address).await.expect("works").expect("is given");
        assert_eq!((row.account, row.created, row.is_name), (one.id(), NOW, false));
    }
    assert_eq!(
        give(&records, &own(&one.new.name), two.id(), MANY).await,
        Given::Taken
    );
    let of_one = records.addresses(one.id()).await.expect("works");
    let are_names: Vec<_> = of_one.iter().map(|row| row.is_name).collect();
    assert_eq!(are_names, [true, false, false], "the name first");
    assert_eq!(of_one[2].address, at(&domain, "info"));
}

async fn a_name_that_was_given_as_an_address_is_taken(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let new = new_account();
    let address = own(&new.name);
    assert_eq!(give(&records, &address, owner.id(), MANY).await, Given::Done);
    assert_eq!(
        records.create_account(&new).await.expect("works"),
        Created::NameTaken
    );
    assert_eq!(records.account(new.id).await.expect("works"), None);
    assert_eq!(records.take_address(&address).await.expect("works"), Some(()));
    assert_eq!(records.create_account(&new).await.expect("works"), Created::Done);
}

async fn an_account_has_at_most_so_many_addresses(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let domain = domain(&records).await;
    assert_eq!(
        give(&records, &at(&domain, "a"), owner.id(), 1).await,
        Given::Done
    );
    assert_eq!(
        give(&records, &at(&domain, "b"), owner.id(), 1).await,
        Given::TooMany
    );
    assert_eq!(
        give(&records, &at(&domain, "a"), owner.id(), 1).await,
        Given::Done
    );
    assert_eq!(
        give(&records, &at(&domain, "b"), owner.id(), 2).await,
        Given::Done
    );
}

async fn an_address_needs_its_domain_and_its_account(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let domain = domain(&records).await;
    let absent = DomainName::parse(&format!("{}.example", name())).expect("a domain");
    assert_eq!(
        give(&records, &at(&absent, "a"), owner.id(), MANY).await,
        Given::NoDomain
    );
    for address in [at(&domain, "a"), own(&name())] {
        assert_eq!(give(&records, &address, id(), MANY).await, Given::NoAccount);
        assert_eq!(records.address(&address).await.expect("works"), None);
    }
}

async fn a_name_cannot_be_taken_away(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let address = own(&owner.new.name);
    assert_eq!(records.take_address(&address).await.expect("works"), None);
    assert!(records.address(&address).await.expect("works").is_some());
    assert_eq!(records.take_address(&own(&name())).await.expect("works"), None);
}

async fn a_domain_goes_with_its_addresses(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let (gone, left) = (domain(&records).await, domain(&records).await);
    for address in [at(&gone, "a"), at(&gone, "b"), at(&left, "a")] {
        assert_eq!(give(&records, &address, owner.id(), MANY).await, Given::Done);
    }
    let counts = records.count_addresses().await.expect("works");
    let count = |domain: Option<&DomainName>| {
        let of = counts.iter().find(|(name, _)| name.as_ref() == domain);
        of.map(|(_, count)| *count)
    };
    assert_eq!((count(Some(&gone)), count(Some(&left))), (Some(2), Some(1)));
    assert!(count(None) >= Some(1), "the owner's name is an address");
    assert_eq!(records.remove_domain(&gone).await.expect("works"), Some(2));
    assert_eq!(records.remove_domain(&gone).await.expect("works"), None);
    assert_eq!(records.domain(&gone).await.expect("works"), None);
    assert_eq!(records.address(&at(&gone, "a")).await.expect("works"), None);
    assert!(records.address(&at(&left, "a")).await.expect("works").is_some());
    let names: Vec<_> = records
        .domains()
        .await
        .expect("works")
        .into_iter()
        .map(|row| row.name)
        .collect();
    assert!(names.contains(&left) && !names.contains(&gone) && names.is_sorted());
}

async fn what_nobody_has_goes_to_whom_the_domain_says(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let domain = domain(&records).await;
    let catch_all = async || {
        let row = records.domain(&domain).await.expect("works").expect("is there");
        (row.created, row.catch_all)
    };
    assert_eq!(catch_all().await, (NOW, None));
    assert_eq!(
        records.set_catch_all(&domain, Some(id())).await.expect("works"),
        None
    );
    for account in [Some(owner.id()), None] {
        assert_eq!(
            records.set_catch_all(&domain, account).await.expect("works"),
            Some(())
        );
        assert_eq!(catch_all().await, (NOW, account));
    }
    let absent = DomainName::parse(&format!("{}.example", name())).expect("a domain");
    assert_eq!(records.set_catch_all(&absent, None).await.expect("works"), None);
}

async fn who_gets_what_is_written_to_an_address_is_read_in_one_moment(records: AnyRecords) {
    let (owner, other) = (Owner::sign_up(&records).await, Owner::sign_up(&records).await);
    let domain = domain(&records).await;
    let local = AccountName::parse("garden").expect("a name");
    let gets = async |local: Option<&AccountName>, domain: Option<&DomainName>| {
        let row = records.recipient(local, domain).await.expect("works");
        row.map(|row| row.account)
    };
    assert_eq!(
        give(&records, &at(&domain, "garden"), owner.id(), MANY).await,
        Given::Done
    );
    let account = records
        .account(owner.id())
        .await
        .expect("works")
        .expect("is there");
    assert_eq!(gets(Some(&account.name), None).await, Some(owner.id()));
    assert_eq!(gets(Some(&local), Some(&domain)).await, Some(owner.id()));
    assert_eq!(gets(Some(&name()), None).await, None);
    assert_eq!(gets(Some(&name()), Some(&domain)).await, None);
    assert_eq!(gets(None, Some(&domain)).await, None);
    assert_eq!(gets(None, None).await, None);
    let set = records.set_catch_all(&domain, Some(other.id())).await;
    assert_eq!(set.expect("works"), Some(()));
    for nobody in [Some(&name()), None] {
        assert_eq!(gets(nobody, Some(&domain)).await, Some(other.id()));
    }
    assert_eq!(gets(Some(&local), Some(&domain)).await, Some(owner.id()));
    assert_eq!(gets(Some(&name()), None).await, None, "only of that domain");

    let row = records.recipient(Some(&local), Some(&domain)).await;
    let directory = records.directory(&account.name).await.expect("works");
    let expected = RecipientRow {
        account: owner.id(),
        name: account.name,
        used_bytes: account.used_bytes,
        quota_bytes: account.quota_bytes,
        statements: directory.expect("is there").statements,
    };
    assert_eq!(row.expect("works"), Some(expected));
}

async fn the_addresses_of_a_domain_are_read_in_pages(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let domain = domain(&records).await;
    for local in ["b", "a", "c"] {
        give(&records, &at(&domain, local), owner.id(), MANY).await;
    }
    let mut after = None;
    for page in [vec!["a", "b"], vec!["c"], vec![]] {
        let read = records
            .addresses_at(Some(&domain), after.as_ref(), 2)
            .await
            .expect("works");
        let locals: Vec<_> = read.iter().map(|held| held.row.address.local.as_str()).collect();
        assert_eq!(locals, page);
        assert!(read.iter().all(|held| held.holder == owner.new.name));
        after = read.last().map(|held| held.row.address.local.clone()).or(after);
    }
    let all = records.addresses_at(None, None, 100_000).await.expect("works");
    let is_own =
        |held: &HeldAddress| held.row.address == own(&owner.new.name) && held.holder == owner.new.name;
    assert!(all.iter().any(is_own));
    assert!(all.iter().all(|held| held.row.address.domain.is_none()));
}
