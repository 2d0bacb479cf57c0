-- What people said of a tenant's evaluations, for agreement.
CREATE INDEX labels_of_tenant ON labels (tenant, criterion);
