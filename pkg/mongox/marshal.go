package mongox

import (
	"bytes"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Marshal encodes a document as the clients of Connect do.
func Marshal(doc any) (bson.Raw, error) {
	buffer := new(bytes.Buffer)
	encoder := bson.NewEncoder(bson.NewDocumentWriter(buffer))
	encoder.UseJSONStructTags()
	encoder.ErrorOnInlineDuplicates()
	if err := encoder.Encode(doc); err != nil {
		return nil, fmt.Errorf("encode a document: %w", err)
	}
	return buffer.Bytes(), nil
}

// Unmarshal decodes a document as the clients of Connect do.
func Unmarshal(raw bson.Raw, into any) error {
	decoder := bson.NewDecoder(bson.NewDocumentReader(bytes.NewReader(raw)))
	decoder.UseJSONStructTags()
	decoder.DefaultDocumentM()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("decode a document: %w", err)
	}
	return nil
}
