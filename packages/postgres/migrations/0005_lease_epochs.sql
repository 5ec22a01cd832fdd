-- Fencing numbers of those who register. A CSeq has 31 bits and leaves 20 of them to one epoch, so they wrap at 2^11;
-- a registrar that refuses the CSeq after a wrap gets the next generation's Call-ID.
create sequence vigil.lease_epochs minvalue 1 maxvalue 2047 cycle;
