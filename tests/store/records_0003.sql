BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE attempt (
	part_id VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	claimed_at BIGINT NOT NULL, 
	signed_at BIGINT NOT NULL, 
	wire_at BIGINT, 
	ended_at BIGINT, 
	outcome VARCHAR NOT NULL, 
	code VARCHAR NOT NULL, 
	request_id VARCHAR NOT NULL, 
	detail VARCHAR NOT NULL, ahead_ms INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (part_id, number), 
	FOREIGN KEY(part_id) REFERENCES part (id)
);
INSERT INTO "attempt" VALUES('01a22fb0-a53e-7616-9a2f-587d6fd1f24f',1,1795233660000000,1795233660000000,1795233660000000,1795233660000000,'held','late','','detail',0);
INSERT INTO "attempt" VALUES('01a22fb0-a54b-73cb-9ab9-94392501e2ee',1,1795233720000000,1795233720000000,1795233720000000,1795233720000000,'held','quiet','','detail',0);
INSERT INTO "attempt" VALUES('01a22fb0-a551-75eb-9b6e-887dc82e89ba',1,1795233780000000,1795233780000000,1795233780000000,1795233780000000,'held','photo_missing','','detail',0);
INSERT INTO "attempt" VALUES('01a22fb0-a556-73be-b476-dd4da0f4894c',1,1795233840000000,1795233840000000,1795233840000000,1795233840000000,'held','photo_missing','','detail',0);
INSERT INTO "attempt" VALUES('01a22fb0-a55c-72d7-96ac-d8d9594d2837',1,1795233900000000,1795233900000000,1795233900000000,1795233900000000,'held','budget','','detail',0);
INSERT INTO "attempt" VALUES('01a22fb0-a561-766f-9aff-b7b2d5a12331',1,1795233960000000,1795233960000000,1795233960000000,1795233960000000,'held','nothing_left','','detail',0);
INSERT INTO "attempt" VALUES('01a22fb0-a567-77d5-bfaf-9de441582d4e',1,1795234020000000,1795234020000000,1795234020000000,1795234020000000,'held','budget','','detail',0);
INSERT INTO "attempt" VALUES('01a22fb0-a571-7335-9188-38027d583b46',1,1795234140000000,1795234140000000,1795234140000000,1795234140000000,'unknown','','','detail',0);
INSERT INTO "attempt" VALUES('01a22fb0-a57c-738c-8bef-e5c23fbae061',1,1795234200000000,1795234200000000,1795234200000000,1795234200000000,'unknown','','','detail',0);
INSERT INTO "attempt" VALUES('01a22fb0-a583-743c-bcf7-59f1102d4cb9',1,1795234260000000,1795234260000000,1795234260000000,1795234260000000,'unknown','','','detail',0);
INSERT INTO "attempt" VALUES('01a22fb0-a591-7772-b065-b68d8499fe59',1,1795234320000000,1795234320000000,1795234320000000,1795234320000000,'unknown','','','detail',0);
INSERT INTO "attempt" VALUES('01a22fb0-a5a1-7188-82db-19f872a0ce93',1,1795234380000000,1795234380000000,1795234380000000,1795234380000000,'held','order_cancelled','','detail',0);
INSERT INTO "attempt" VALUES('01a22fb0-a5ab-76fe-a431-7608058f778e',1,1795234440000000,1795234440000000,1795234440000000,1795234440000000,'held','error_blocked','','detail',0);
INSERT INTO "attempt" VALUES('01a22fb0-a5b6-73f2-85b5-9c8a8fed665c',1,1795234500000000,1795234500000000,1795234500000000,1795234500000000,'refused','message_is_censored','','detail',0);
INSERT INTO "attempt" VALUES('01a22fb0-a5c1-7231-a7bc-9152ca2a4c57',1,1795234560000000,1795234560000000,1795234560000000,1795234560000000,'refused','odd','','detail',0);
INSERT INTO "attempt" VALUES('01a22fb0-a5d2-7106-bcd2-275e3b644245',1,1795234620000000,1795234620000000,1795234620000000,1795234620000000,'sent','','','',0);
INSERT INTO "attempt" VALUES('01a22fb0-a5dd-7208-b60f-33251c3dcdcb',1,1795234680000000,1795234680000000,1795234680000000,1795234680000000,'waiting','','','detail',0);
INSERT INTO "attempt" VALUES('01a22fb0-a5ea-70db-ba7d-96a1b655fda4',1,1795234740000000,1795234740000000,1795234740000000,1795234740000000,'waiting','budget','','detail',0);
INSERT INTO "attempt" VALUES('01a22fb0-a5f8-739f-a771-ebeb420f75df',1,1795234800000000,1795234800000000,1795234800000000,1795234800000000,'unknown','','','detail',0);
INSERT INTO "attempt" VALUES('01a22fb0-a607-7346-b4a5-47f55518ec9e',1,1795234860000000,1795234860000000,1795234860000000,1795234860000000,'sent','','','found by reading back',0);
CREATE TABLE conversation (
	shop_id VARCHAR NOT NULL, 
	buyer_id VARCHAR NOT NULL, 
	remote_id VARCHAR NOT NULL, 
	PRIMARY KEY (shop_id, buyer_id)
);
CREATE TABLE customer_order (
	shop_id VARCHAR NOT NULL, 
	number VARCHAR NOT NULL, 
	buyer_id VARCHAR NOT NULL, 
	buyer_name VARCHAR NOT NULL, 
	tracking VARCHAR NOT NULL, 
	carrier VARCHAR NOT NULL, 
	cancelled BOOLEAN NOT NULL, 
	items JSON NOT NULL, 
	read_at BIGINT NOT NULL, 
	PRIMARY KEY (shop_id, number)
);
CREATE TABLE decision (
	id VARCHAR NOT NULL, 
	part_id VARCHAR NOT NULL, 
	answer VARCHAR NOT NULL, 
	made_by VARCHAR NOT NULL, 
	made_at BIGINT NOT NULL, 
	evidence VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(part_id) REFERENCES part (id)
);
INSERT INTO "decision" VALUES('01a22fb0-a63d-7290-93f7-de523ac03bae','01a22fb0-a63b-7707-b8b8-409dae1c44a5','closed','Budi',1795237440000000,'picked up');
CREATE TABLE generation (
	proof_id VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	text VARCHAR NOT NULL, 
	reason VARCHAR NOT NULL, 
	made_by VARCHAR NOT NULL, 
	made_at BIGINT NOT NULL, 
	PRIMARY KEY (proof_id, number), 
	FOREIGN KEY(proof_id) REFERENCES proof (id)
);
INSERT INTO "generation" VALUES('p01',1,'Hi.','F4','Aina',1795233660000000);
INSERT INTO "generation" VALUES('p02',1,'Hi.','F4','Aina',1795233720000000);
INSERT INTO "generation" VALUES('p03',1,'Hi.','F4','Aina',1795233780000000);
INSERT INTO "generation" VALUES('p04',1,'Hi.','F4','Aina',1795233840000000);
INSERT INTO "generation" VALUES('p05',1,'Hi.','F4','Aina',1795233900000000);
INSERT INTO "generation" VALUES('p06',1,'Hi.','F4','Aina',1795233960000000);
INSERT INTO "generation" VALUES('p07',1,'Hi.','F4','Aina',1795234020000000);
INSERT INTO "generation" VALUES('p08',1,'Hi.','F4','Aina',1795234080000000);
INSERT INTO "generation" VALUES('p09',1,'Hi.','F4','Aina',1795234140000000);
INSERT INTO "generation" VALUES('p10',1,'Hi.','F4','Aina',1795234200000000);
INSERT INTO "generation" VALUES('p11',1,'Hi.','F4','Aina',1795234260000000);
INSERT INTO "generation" VALUES('p12',1,'Hi.','F4','Aina',1795234320000000);
INSERT INTO "generation" VALUES('p13',1,'Hi.','F4','Aina',1795234380000000);
INSERT INTO "generation" VALUES('p14',1,'Hi.','F4','Aina',1795234440000000);
INSERT INTO "generation" VALUES('p15',1,'Hi.','F4','Aina',1795234500000000);
INSERT INTO "generation" VALUES('p16',1,'Hi.','F4','Aina',1795234560000000);
INSERT INTO "generation" VALUES('p17',1,'Hi.','F4','Aina',1795234620000000);
INSERT INTO "generation" VALUES('p18',1,'Hi.','F4','Aina',1795234680000000);
INSERT INTO "generation" VALUES('p19',1,'Hi.','F4','Aina',1795234740000000);
INSERT INTO "generation" VALUES('p20',1,'Hi.','F4','Aina',1795234800000000);
INSERT INTO "generation" VALUES('p21',1,'Hi.','F4','Aina',1795234860000000);
INSERT INTO "generation" VALUES('p22',1,'Hi.','F4','Aina',1795237260000000);
INSERT INTO "generation" VALUES('p22',2,'Hi again.','buyer asked','Budi',1795237260000000);
INSERT INTO "generation" VALUES('p23',1,'Hi.','F4','Aina',1795237320000000);
INSERT INTO "generation" VALUES('p23',2,'Hi again.','fitted','Budi',1795237320000000);
INSERT INTO "generation" VALUES('p24',1,'Hi.','F4','Aina',1795237380000000);
INSERT INTO "generation" VALUES('p24',2,'Hi again.','Hidden by the marketplace','Budi',1795237380000000);
INSERT INTO "generation" VALUES('p25',1,'Hi.','F4','Aina',1795237440000000);
INSERT INTO "generation" VALUES('p25',2,'Hi again.','one picture','Budi',1795237440000000);
INSERT INTO "generation" VALUES('p26',1,'Hi.','F4','Aina',1795237440000000);
CREATE TABLE look (
	part_id VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	looked_at BIGINT NOT NULL, 
	covered BOOLEAN NOT NULL, 
	found JSON NOT NULL, 
	seen JSON NOT NULL, 
	PRIMARY KEY (part_id, number), 
	FOREIGN KEY(part_id) REFERENCES part (id)
);
CREATE TABLE order_code (
	code VARCHAR NOT NULL, 
	shop_id VARCHAR NOT NULL, 
	number VARCHAR NOT NULL, 
	PRIMARY KEY (code, shop_id, number), 
	FOREIGN KEY(shop_id, number) REFERENCES customer_order (shop_id, number) ON DELETE CASCADE
);
CREATE TABLE part (
	id VARCHAR NOT NULL, 
	proof_id VARCHAR NOT NULL, 
	generation INTEGER NOT NULL, 
	ordinal INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	shop_id VARCHAR NOT NULL, 
	conversation VARCHAR NOT NULL, 
	photo_id VARCHAR NOT NULL, 
	attempts INTEGER NOT NULL, 
	looks INTEGER NOT NULL, 
	due_at BIGINT, 
	reason VARCHAR NOT NULL, 
	headline VARCHAR NOT NULL, 
	advice VARCHAR NOT NULL, 
	remote_id VARCHAR NOT NULL, 
	address VARCHAR NOT NULL, 
	changed_at BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(proof_id, generation) REFERENCES generation (proof_id, number), 
	UNIQUE (proof_id, generation, ordinal)
);
INSERT INTO "part" VALUES('01a22fb0-a53e-7616-9a2f-587d6fd1f24f','p01',1,1,'text','held','kopi','kopi/1001','',1,0,NULL,'late','Not sent in time: it had to wait for too long.','A supervisor sends it when a message so late still makes sense to the buyer.','','',1795233660000000);
INSERT INTO "part" VALUES('01a22fb0-a54b-73cb-9ab9-94392501e2ee','p02',1,1,'text','held','kopi','kopi/1002','',1,0,NULL,'quiet','Held for the night: it is late where the buyer lives.','A supervisor sends it in the morning, or now.','','',1795233720000000);
INSERT INTO "part" VALUES('01a22fb0-a551-75eb-9b6e-887dc82e89ba','p03',1,1,'text','held','kopi','kopi/1003','',1,0,NULL,'photo_missing','Photo 1 is missing on this disk.','Bring the file back and send again, or leave this photo out: the rest can go.','','',1795233780000000);
INSERT INTO "part" VALUES('01a22fb0-a556-73be-b476-dd4da0f4894c','p04',1,1,'text','held','kopi','kopi/1004','',1,0,NULL,'photo_missing','A photo of this proof is missing.','Bring the file back and send again, or leave this photo out: the rest can go.','','',1795233840000000);
INSERT INTO "part" VALUES('01a22fb0-a55c-72d7-96ac-d8d9594d2837','p05',1,1,'text','held','kopi','kopi/1005','',1,0,NULL,'budget','This buyer has 4 of the 5 messages that may go unanswered. This takes 4.','Send one picture, send by hand, or wait until the buyer answers.','','',1795233900000000);
INSERT INTO "part" VALUES('01a22fb0-a561-766f-9aff-b7b2d5a12331','p06',1,1,'text','held','kopi','kopi/1006','',1,0,NULL,'nothing_left','This buyer has 4 of the 5 messages that may go unanswered. This takes 4.','Send by hand, or wait until 14:00.','','',1795233960000000);
INSERT INTO "part" VALUES('01a22fb0-a567-77d5-bfaf-9de441582d4e','p07',1,1,'text','held','kopi','kopi/1007','',1,0,NULL,'budget','This buyer has 3 unanswered messages; Shopee allows 2 more.','Send one picture, send by hand, or wait until the buyer answers.','','',1795234020000000);
INSERT INTO "part" VALUES('01a22fb0-a56d-73f7-86c7-4c5cab56a71a','p08',1,1,'text','held','kopi','kopi/1008','',0,0,NULL,'shop_off','This shop sends no messages.','Switch it on in the settings and resend, send it by hand, or close this proof.','','',1795234080000000);
INSERT INTO "part" VALUES('01a22fb0-a571-7335-9188-38027d583b46','p09',1,1,'text','held','kopi','kopi/1009','',1,0,NULL,'unknown','Looked twice: the chat does not show it.','Open the chat, then answer: it is there, or not there.','','',1795234140000000);
INSERT INTO "part" VALUES('01a22fb0-a57c-738c-8bef-e5c23fbae061','p10',1,1,'text','held','kopi','kopi/1010','',1,0,NULL,'unknown','Two messages in the chat look like this one.','Open the chat, then answer: it is there, or not there.','','',1795234200000000);
INSERT INTO "part" VALUES('01a22fb0-a583-743c-bcf7-59f1102d4cb9','p11',1,1,'text','held','kopi','kopi/1011','',1,0,NULL,'unknown','The records were restored as of 21 Nov 11:00: whether this was sent is not known.','Open the chat, then answer: it is there, or not there.','','',1795234260000000);
INSERT INTO "part" VALUES('01a22fb0-a591-7772-b065-b68d8499fe59','p12',1,1,'text','held','kopi','kopi/1012','',1,0,NULL,'unknown','Restored from the photo folder: whether this was sent is not known.','Open the chat, then answer: it is there, or not there.','','',1795234320000000);
INSERT INTO "part" VALUES('01a22fb0-a5a1-7188-82db-19f872a0ce93','p13',1,1,'text','held','kopi','kopi/1013','',1,0,NULL,'order_cancelled','This order is cancelled or about to be.','Nothing was sent. Take the parcel out.','','',1795234380000000);
INSERT INTO "part" VALUES('01a22fb0-a5ab-76fe-a431-7608058f778e','p14',1,1,'text','held','kopi','kopi/1014','',1,0,NULL,'error_blocked','This buyer has blocked the shop.','Nothing was sent.','','',1795234440000000);
INSERT INTO "part" VALUES('01a22fb0-a5b6-73f2-85b5-9c8a8fed665c','p15',1,1,'text','refused','kopi','kopi/1015','',1,0,NULL,'message_is_censored','Shopee refused the text.','Change the words, then resend.','','',1795234500000000);
INSERT INTO "part" VALUES('01a22fb0-a5c1-7231-a7bc-9152ca2a4c57','p16',1,1,'text','refused','kopi','kopi/1016','',1,0,NULL,'odd','The marketplace refused this message.','Read the reason in the log, then resend.','','',1795234560000000);
INSERT INTO "part" VALUES('01a22fb0-a5d2-7106-bcd2-275e3b644245','p17',1,1,'text','filtered','kopi','kopi/1017','',1,0,NULL,'filtered','Accepted, but hidden from the buyer by the marketplace.','Change the words or the photo, then resend.','','',1795234620000000);
INSERT INTO "part" VALUES('01a22fb0-a5dd-7208-b60f-33251c3dcdcb','p18',1,1,'text','waiting','kopi','kopi/1018','',1,0,1795241880000000,'','Saved. No network: sends by itself when it is back.','Keep packing. Nothing is lost.','','',1795234680000000);
INSERT INTO "part" VALUES('01a22fb0-a5ea-70db-ba7d-96a1b655fda4','p19',1,1,'text','waiting','kopi','kopi/1019','',1,0,1795241940000000,'budget','No more messages today: the marketplace’s daily limit is reached.','Keep packing. Sending goes on by itself at 08:00.','','',1795234740000000);
INSERT INTO "part" VALUES('01a22fb0-a5f8-739f-a771-ebeb420f75df','p20',1,1,'text','unknown','kopi','kopi/1020','',1,0,1795242000000000,'','The marketplace did not confirm this message.','ParcelGuard looks in the chat before anything is sent again.','','',1795234800000000);
INSERT INTO "part" VALUES('01a22fb0-a607-7346-b4a5-47f55518ec9e','p21',1,1,'text','sent','kopi','kopi/1021','',1,0,NULL,'','','','','',1795234860000000);
INSERT INTO "part" VALUES('01a22fb0-a621-70ce-850e-4881b01e8513','p22',1,1,'text','cancelled','kopi','kopi/1022','',0,0,NULL,'replaced','','','','',1795237260000000);
INSERT INTO "part" VALUES('01a22fb0-a623-7264-ae17-5f238f697ad8','p22',2,1,'text','held','kopi','kopi/1022','',0,0,NULL,'late','Not sent in time: it had to wait for too long.','A supervisor sends it when a message so late still makes sense to the buyer.','','',1795237260000000);
INSERT INTO "part" VALUES('01a22fb0-a62a-730b-a9c1-33d3056136d4','p23',1,1,'text','cancelled','kopi','kopi/1023','',0,0,NULL,'replaced','','','','',1795237320000000);
INSERT INTO "part" VALUES('01a22fb0-a62c-740d-a062-0efb42c3fae9','p23',2,1,'text','held','kopi','kopi/1023','',0,0,NULL,'late','Not sent in time: it had to wait for too long.','A supervisor sends it when a message so late still makes sense to the buyer.','','',1795237320000000);
INSERT INTO "part" VALUES('01a22fb0-a632-7085-80a6-cd693e68a157','p24',1,1,'text','cancelled','kopi','kopi/1024','',0,0,NULL,'replaced','','','','',1795237380000000);
INSERT INTO "part" VALUES('01a22fb0-a634-7556-b9f1-3c54df549584','p24',2,1,'text','held','kopi','kopi/1024','',0,0,NULL,'late','Not sent in time: it had to wait for too long.','A supervisor sends it when a message so late still makes sense to the buyer.','','',1795237380000000);
INSERT INTO "part" VALUES('01a22fb0-a639-759c-99c2-48283bbbdd3b','p25',1,1,'text','cancelled','kopi','kopi/1025','',0,0,NULL,'replaced','','','','',1795237440000000);
INSERT INTO "part" VALUES('01a22fb0-a63b-7707-b8b8-409dae1c44a5','p25',2,1,'text','cancelled','kopi','kopi/1025','',0,0,NULL,'closed','Not sent in time: it had to wait for too long.','A supervisor sends it when a message so late still makes sense to the buyer.','','',1795237440000000);
INSERT INTO "part" VALUES('01a22fb0-a643-75a7-a851-5cf563ba9ac7','p26',1,1,'hand','held','kopi','kopi/1026','',0,0,NULL,'by_hand','A person sends this by hand.','Open the order’s chat in the seller centre, send text and photos, then mark it sent.','','',1795237440000000);
CREATE TABLE photo (
	id VARCHAR NOT NULL, 
	proof_id VARCHAR NOT NULL, 
	ordinal INTEGER NOT NULL, 
	shot VARCHAR NOT NULL, 
	path VARCHAR NOT NULL, 
	sha256 VARCHAR NOT NULL, 
	size INTEGER NOT NULL, 
	width INTEGER NOT NULL, 
	height INTEGER NOT NULL, 
	taken_at BIGINT NOT NULL, 
	sharp BOOLEAN NOT NULL, 
	recovered BOOLEAN NOT NULL, 
	discarded_at BIGINT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(proof_id) REFERENCES proof (id)
);
CREATE TABLE proof (
	id VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	code VARCHAR NOT NULL, 
	raw_code VARCHAR NOT NULL, 
	source VARCHAR NOT NULL, 
	station VARCHAR NOT NULL, 
	packer VARCHAR NOT NULL, 
	opened_at BIGINT NOT NULL, 
	saved_at BIGINT, 
	logged_at BIGINT, 
	shop_id VARCHAR NOT NULL, 
	order_number VARCHAR NOT NULL, 
	buyer_id VARCHAR NOT NULL, 
	buyer_name VARCHAR NOT NULL, 
	tracking VARCHAR NOT NULL, 
	found_by VARCHAR NOT NULL, 
	generation INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "proof" VALUES('p01','attention','241120PX000001','raw','wedge','Bench 01','Aina',1795233660000000,1795233660000000,1795233660000000,'kopi','241120PX000001','1001','aminah_88','','241120px000001
aminah_88',1);
INSERT INTO "proof" VALUES('p02','attention','241120PX000002','raw','wedge','Bench 01','Aina',1795233720000000,1795233720000000,1795233720000000,'kopi','241120PX000002','1002','aminah_88','','241120px000002
aminah_88',1);
INSERT INTO "proof" VALUES('p03','attention','241120PX000003','raw','wedge','Bench 01','Aina',1795233780000000,1795233780000000,1795233780000000,'kopi','241120PX000003','1003','aminah_88','','241120px000003
aminah_88',1);
INSERT INTO "proof" VALUES('p04','attention','241120PX000004','raw','wedge','Bench 01','Aina',1795233840000000,1795233840000000,1795233840000000,'kopi','241120PX000004','1004','aminah_88','','241120px000004
aminah_88',1);
INSERT INTO "proof" VALUES('p05','attention','241120PX000005','raw','wedge','Bench 01','Aina',1795233900000000,1795233900000000,1795233900000000,'kopi','241120PX000005','1005','aminah_88','','241120px000005
aminah_88',1);
INSERT INTO "proof" VALUES('p06','attention','241120PX000006','raw','wedge','Bench 01','Aina',1795233960000000,1795233960000000,1795233960000000,'kopi','241120PX000006','1006','aminah_88','','241120px000006
aminah_88',1);
INSERT INTO "proof" VALUES('p07','attention','241120PX000007','raw','wedge','Bench 01','Aina',1795234020000000,1795234020000000,1795234020000000,'kopi','241120PX000007','1007','aminah_88','','241120px000007
aminah_88',1);
INSERT INTO "proof" VALUES('p08','attention','241120PX000008','raw','wedge','Bench 01','Aina',1795234080000000,1795234080000000,1795234080000000,'kopi','241120PX000008','1008','aminah_88','','241120px000008
aminah_88',1);
INSERT INTO "proof" VALUES('p09','attention','241120PX000009','raw','wedge','Bench 01','Aina',1795234140000000,1795234140000000,1795234140000000,'kopi','241120PX000009','1009','aminah_88','','241120px000009
aminah_88',1);
INSERT INTO "proof" VALUES('p10','attention','241120PX000010','raw','wedge','Bench 01','Aina',1795234200000000,1795234200000000,1795234200000000,'kopi','241120PX000010','1010','aminah_88','','241120px000010
aminah_88',1);
INSERT INTO "proof" VALUES('p11','attention','241120PX000011','raw','wedge','Bench 01','Aina',1795234260000000,1795234260000000,1795234260000000,'kopi','241120PX000011','1011','aminah_88','','241120px000011
aminah_88',1);
INSERT INTO "proof" VALUES('p12','attention','241120PX000012','raw','wedge','Bench 01','Aina',1795234320000000,1795234320000000,1795234320000000,'kopi','241120PX000012','1012','aminah_88','','241120px000012
aminah_88',1);
INSERT INTO "proof" VALUES('p13','attention','241120PX000013','raw','wedge','Bench 01','Aina',1795234380000000,1795234380000000,1795234380000000,'kopi','241120PX000013','1013','aminah_88','','241120px000013
aminah_88',1);
INSERT INTO "proof" VALUES('p14','attention','241120PX000014','raw','wedge','Bench 01','Aina',1795234440000000,1795234440000000,1795234440000000,'kopi','241120PX000014','1014','aminah_88','','241120px000014
aminah_88',1);
INSERT INTO "proof" VALUES('p15','attention','241120PX000015','raw','wedge','Bench 01','Aina',1795234500000000,1795234500000000,1795234500000000,'kopi','241120PX000015','1015','aminah_88','','241120px000015
aminah_88',1);
INSERT INTO "proof" VALUES('p16','attention','241120PX000016','raw','wedge','Bench 01','Aina',1795234560000000,1795234560000000,1795234560000000,'kopi','241120PX000016','1016','aminah_88','','241120px000016
aminah_88',1);
INSERT INTO "proof" VALUES('p17','attention','241120PX000017','raw','wedge','Bench 01','Aina',1795234620000000,1795234620000000,1795234620000000,'kopi','241120PX000017','1017','aminah_88','','241120px000017
aminah_88',1);
INSERT INTO "proof" VALUES('p18','waiting','241120PX000018','raw','wedge','Bench 01','Aina',1795234680000000,1795234680000000,1795234680000000,'kopi','241120PX000018','1018','aminah_88','','241120px000018
aminah_88',1);
INSERT INTO "proof" VALUES('p19','waiting','241120PX000019','raw','wedge','Bench 01','Aina',1795234740000000,1795234740000000,1795234740000000,'kopi','241120PX000019','1019','aminah_88','','241120px000019
aminah_88',1);
INSERT INTO "proof" VALUES('p20','waiting','241120PX000020','raw','wedge','Bench 01','Aina',1795234800000000,1795234800000000,1795234800000000,'kopi','241120PX000020','1020','aminah_88','','241120px000020
aminah_88',1);
INSERT INTO "proof" VALUES('p21','delivered','241120PX000021','raw','wedge','Bench 01','Aina',1795234860000000,1795234860000000,1795234860000000,'kopi','241120PX000021','1021','aminah_88','','241120px000021
aminah_88',1);
INSERT INTO "proof" VALUES('p22','attention','p22','p22','wedge','Bench 01','Aina',1795237260000000,1795237260000000,1795237260000000,'kopi','241120PX000022','1022','aminah_88','','241120px000022
p22
aminah_88',2);
INSERT INTO "proof" VALUES('p23','attention','p23','p23','wedge','Bench 01','Aina',1795237320000000,1795237320000000,1795237320000000,'kopi','241120PX000023','1023','aminah_88','','241120px000023
p23
aminah_88',2);
INSERT INTO "proof" VALUES('p24','attention','p24','p24','wedge','Bench 01','Aina',1795237380000000,1795237380000000,1795237380000000,'kopi','241120PX000024','1024','aminah_88','','241120px000024
p24
aminah_88',2);
INSERT INTO "proof" VALUES('p25','closed','p25','p25','wedge','Bench 01','Aina',1795237440000000,1795237440000000,1795237440000000,'kopi','241120PX000025','1025','aminah_88','','241120px000025
p25
aminah_88',2);
INSERT INTO "proof" VALUES('p26','by_hand','p26','p26','wedge','Bench 01','Aina',1795237440000000,1795237440000000,1795237440000000,'kopi','241120PX000026','1026','aminah_88','','241120px000026
p26
aminah_88',1);
CREATE TABLE remote_message (
	shop_id VARCHAR NOT NULL, 
	remote_id VARCHAR NOT NULL, 
	part_id VARCHAR NOT NULL, 
	PRIMARY KEY (shop_id, remote_id), 
	FOREIGN KEY(part_id) REFERENCES part (id), 
	UNIQUE (part_id)
);
CREATE TABLE sync_mark (
	shop_id VARCHAR NOT NULL, 
	until BIGINT NOT NULL, 
	PRIMARY KEY (shop_id)
);
CREATE INDEX proof_by_order ON proof (order_number, shop_id);
CREATE INDEX proof_by_state ON proof (state, logged_at, id);
CREATE INDEX proof_by_time ON proof (logged_at, id);
CREATE INDEX proof_saved ON proof (station, saved_at);
CREATE UNIQUE INDEX photo_place ON photo (proof_id, ordinal) WHERE discarded_at IS NULL;
CREATE UNIQUE INDEX part_in_flight ON part (conversation) WHERE state = 'leased';
CREATE INDEX part_to_do ON part (shop_id, state) WHERE state IN ('queued', 'leased', 'waiting', 'unknown', 'held');
CREATE INDEX ix_decision_part_id ON decision (part_id);
CREATE INDEX part_in_doubt ON part (conversation) WHERE state IN ('leased', 'unknown', 'held');
CREATE INDEX part_in_line ON part (shop_id, proof_id, ordinal) WHERE state IN ('queued', 'waiting');
CREATE INDEX part_of_buyer ON part (conversation, kind);
CREATE INDEX attempt_by_time ON attempt (claimed_at);
CREATE INDEX look_by_time ON look (looked_at);
COMMIT;
