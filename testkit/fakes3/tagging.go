package fakes3

import (
	"encoding/xml"
	"net/http"

	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

type tagging struct {
	XMLName xml.Name    `xml:"Tagging"`
	Tags    []store.Tag `xml:"TagSet>Tag"`
}

func (c *call) getObjectTagging() error {
	if err := c.allowKey("s3:GetObjectTagging", c.key, nil); err != nil {
		return err
	}
	o, err := c.server.store.Get(c.bucket.Name, c.key)
	if err != nil {
		return c.missing(err)
	}
	defer o.Content.Release()
	c.answer(http.StatusOK, struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ Tagging"`
		TagSet  struct {
			Tags []store.Tag `xml:"Tag"`
		}
	}{TagSet: struct {
		Tags []store.Tag `xml:"Tag"`
	}{o.Meta.Tags}})
	return nil
}

func (c *call) putObjectTagging() error {
	var wanted tagging
	if err := c.allowKey("s3:PutObjectTagging", c.key, nil); err != nil {
		return err
	}
	if err := c.document(&wanted); err != nil {
		return err
	}
	if err := checkTags(wanted.Tags); err != nil {
		return err
	}
	return c.setTags(wanted.Tags, http.StatusOK)
}

func (c *call) deleteObjectTagging() error {
	if err := c.allowKey("s3:DeleteObjectTagging", c.key, nil); err != nil {
		return err
	}
	return c.setTags(nil, http.StatusNoContent)
}

func (c *call) setTags(tags []store.Tag, status int) error {
	if err := c.server.store.SetTags(c.bucket.Name, c.key, tags); err != nil {
		return c.missing(err)
	}
	c.w.WriteHeader(status)
	return nil
}
