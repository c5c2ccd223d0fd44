package demo

// person is one who takes part. The id is unique to the run, so that the demo can be run again on kept stores.
type person struct{ id, name string }

// ending is where the story leaves a referral.
type ending int

const (
	// pending: referred, but never signed up.
	pending ending = iota
	// registered: signed up and did nothing more.
	registered
	// active: used the product and bought nothing.
	active
	// completed: bought, and both sides were paid.
	completed
	// refunded: bought, both sides were paid, and gave it back.
	refunded
	// approved: bought, held for review because of a shared device, and approved.
	approved
	// rejected: the same, and rejected.
	rejected
)

// journey is one referral of the story.
type journey struct {
	referrer, referee person
	ending            ending
	// twice sends every request of the journey twice.
	twice bool
	// purchaseFirst delivers the events out of order.
	purchaseFirst bool
	// invitation names the referrer instead of using a code.
	invitation bool
	// id of the referral, once created.
	id string
}

// pays reports whether the journey ends with both sides paid, or paid at some time.
func (j *journey) pays() bool {
	return j.ending == completed || j.ending == refunded || j.ending == approved
}

// shared reports whether referrer and referee use one device.
func (j *journey) shared() bool { return j.ending == approved || j.ending == rejected }

// cast is everybody in the story.
type cast struct {
	referrers []person
	journeys  []*journey
}

// newCast returns the people of one run. Asha refers six who complete, so that the fifth brings her to PRO and the sixth is
// paid at that rate; the journeys are in the order in which they happen.
func newCast(run string) *cast {
	who := func(name, id string) person { return person{id: id + "-" + run, name: name} }
	asha, ravi, kabir, meera := who("Asha", "asha"), who("Ravi", "ravi"), who("Kabir", "kabir"), who("Meera", "meera")
	return &cast{
		referrers: []person{asha, ravi, kabir, meera},
		journeys: []*journey{
			{referrer: asha, referee: who("Bela", "bela"), ending: completed, twice: true},
			{referrer: asha, referee: who("Chetan", "chetan"), ending: completed},
			{referrer: asha, referee: who("Devika", "devika"), ending: completed, purchaseFirst: true},
			{referrer: asha, referee: who("Esha", "esha"), ending: completed, twice: true},
			{referrer: asha, referee: who("Farhan", "farhan"), ending: completed},
			{referrer: asha, referee: who("Gita", "gita"), ending: completed, twice: true},
			{referrer: asha, referee: who("Harish", "harish"), ending: active},
			{referrer: ravi, referee: who("Indu", "indu"), ending: completed},
			{referrer: ravi, referee: who("Jai", "jai"), ending: completed, twice: true},
			{referrer: ravi, referee: who("Kiran", "kiran"), ending: refunded, twice: true},
			{referrer: ravi, referee: who("Lata", "lata"), ending: rejected},
			{referrer: ravi, referee: who("Mohan", "mohan"), ending: pending},
			{referrer: kabir, referee: who("Nila", "nila"), ending: approved},
			{referrer: meera, referee: who("Omar", "omar"), ending: completed, invitation: true},
			{referrer: meera, referee: who("Priya", "priya"), ending: registered, invitation: true},
		},
	}
}

// people returns referrers, then referees.
func (c *cast) people() []person {
	all := append([]person(nil), c.referrers...)
	for _, j := range c.journeys {
		all = append(all, j.referee)
	}
	return all
}

func (c *cast) name(id string) string {
	for _, p := range c.people() {
		if p.id == id {
			return p.name
		}
	}
	return id
}

// with returns the journeys with one of these endings.
func (c *cast) with(endings ...ending) []*journey {
	var found []*journey
	for _, j := range c.journeys {
		for _, e := range endings {
			if j.ending == e {
				found = append(found, j)
			}
		}
	}
	return found
}
