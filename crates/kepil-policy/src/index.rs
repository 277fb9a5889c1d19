//! Where each name and tag of a compiled policy is: one look-up, however large the bundle.
//!
//! Start reading at [`Index::of`]. Does not know: what the parts are; it gives positions only.

use std::collections::HashMap;

use crate::{Field, FieldId, Service, ServiceId, ServiceKind, Tag, Use, UseId};

/// Positions by name and by tag. Where two parts share a name, which the compiler refuses, the first one counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    field_names: HashMap<String, FieldId>,
    field_tags: HashMap<Tag, FieldId>,
    service_names: HashMap<String, ServiceId>,
    service_tags: HashMap<Tag, ServiceId>,
    use_tags: HashMap<Tag, UseId>,
    account: Option<ServiceId>,
}

impl Index {
    pub fn of<'a>(fields: impl Iterator<Item = &'a Field>, services: &[Service], uses: &[Use]) -> Self {
        let mut index = Self::default();
        for field in fields {
            index.field_names.entry(field.name.clone()).or_insert(field.id);
            index.field_tags.entry(field.tag).or_insert(field.id);
        }
        for service in services {
            index.service_names.entry(service.name.clone()).or_insert(service.id);
            index.service_tags.entry(service.tag).or_insert(service.id);
        }
        for each in uses {
            index.use_tags.entry(each.tag).or_insert(each.id);
        }
        index.account = services.iter().find(|service| service.kind == ServiceKind::Account).map(|it| it.id);
        index
    }

    pub fn field_named(&self, name: &str) -> Option<FieldId> {
        self.field_names.get(name).copied()
    }

    pub fn field_tagged(&self, tag: Tag) -> Option<FieldId> {
        self.field_tags.get(&tag).copied()
    }

    pub fn service_named(&self, name: &str) -> Option<ServiceId> {
        self.service_names.get(name).copied()
    }

    pub fn service_tagged(&self, tag: Tag) -> Option<ServiceId> {
        self.service_tags.get(&tag).copied()
    }

    pub fn use_tagged(&self, tag: Tag) -> Option<UseId> {
        self.use_tags.get(&tag).copied()
    }

    pub fn account(&self) -> Option<ServiceId> {
        self.account
    }
}
